names as (
    select 'signup_to_activity' as funnel, 1 as step, '$$signup' as step_name
    union all select 'signup_to_activity', 2, '*'
    union all select 'signup_to_day_1_activity', 1, '$$signup'
    union all select 'signup_to_day_1_activity', 2, '*'
    union all select 'view_to_purchase', 1, 'product_viewed'
    union all select 'view_to_purchase', 2, 'cart_added'
    union all select 'view_to_purchase', 3, 'checkout_started'
    union all select 'view_to_purchase', 4, 'purchase_completed'
)
