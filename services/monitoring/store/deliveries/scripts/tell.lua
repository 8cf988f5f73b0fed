-- Notes what a channel was told of a group, puts the delivery that tells it, and discards the group's earlier one if
-- that still waits: all or nothing, so that nobody is told twice or not at all.
-- Keys: groups, records, payloads, index, pending of the channel, the queue's seven.
-- Arguments: group, what the channel is told (empty: forget the group), id of the delivery (empty: none), its record,
-- its payload, oldest id that is kept, most that are kept, id of the earlier delivery (empty: none), its record as
-- read, its record as discarded, the queue's five.
-- Reply: OK, or why the queue refuses.
local groups, records, payloads, index, pending = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local group, told, id, earlier = ARGV[1], ARGV[2], ARGV[3], ARGV[8]
local queue, message = queue_at(KEYS, 6), queue_message(ARGV, 11)
redis.call('HLEN', groups)
delivery_check(records, payloads, index, pending)
if id ~= '' then
  local refusal = queue_refusal(queue, message)
  if refusal then return refusal end
end
if told == '' then redis.call('HDEL', groups, group) else redis.call('HSET', groups, group, told) end
if id == '' then return 'OK' end
if earlier ~= '' and redis.call('HGET', records, earlier) == ARGV[9] then
  redis.call('HSET', records, earlier, ARGV[10])
  redis.call('SREM', pending, earlier)
end
delivery_purge(records, payloads, index, ARGV[6], tonumber(ARGV[7]))
delivery_put(records, payloads, index, pending, id, ARGV[4], ARGV[5], true)
queue_put(queue, message, queue_now_ms())
return 'OK'
