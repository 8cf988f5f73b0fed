-- Puts a delivery, and into the queue unless it was made already.
-- Keys: records, payloads, index, pending of its channel, request, the queue's seven.
-- Arguments: id, record, payload, oldest id that is kept, most that are kept, 1 to queue it, what the request key
-- shall say (empty: no request), ms to keep it, the queue's five.
-- Reply: OK, what an earlier request of this key made, or why the queue refuses.
local records, payloads, index, pending, request = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local id, record, payload, is_queued, requested = ARGV[1], ARGV[2], ARGV[3], ARGV[6] == '1', ARGV[7]
local queue, message = queue_at(KEYS, 6), queue_message(ARGV, 9)
delivery_check(records, payloads, index, pending)
if requested ~= '' then
  local earlier = redis.call('GET', request)
  if earlier then return earlier end
end
if is_queued then
  local refusal = queue_refusal(queue, message)
  if refusal then return refusal end
end
delivery_purge(records, payloads, index, ARGV[4], tonumber(ARGV[5]))
delivery_put(records, payloads, index, pending, id, record, payload, is_queued)
if requested ~= '' then redis.call('SET', request, requested, 'PX', ARGV[8]) end
if is_queued then queue_put(queue, message, queue_now_ms()) end
return 'OK'
