-- Puts one message. Arguments: those of queue_message. Reply: OK, or why not (queue_refusal).
local queue, message = queue_at(KEYS, 1), queue_message(ARGV, 1)
local refusal = queue_refusal(queue, message)
if refusal then return refusal end
queue_put(queue, message, queue_now_ms())
return 'OK'
