-- Head of a script that only the holder of a lease may run. The first key (lease) and the first argument (token)
-- are checked and taken away: what follows sees its own from 1 on.
if redis.call('HGET', table.remove(KEYS, 1), 'token') ~= table.remove(ARGV, 1) then
  return redis.error_reply('LEASE_LOST another holder took the lease')
end
