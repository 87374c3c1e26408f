# AWS's SDK for Ruby, version 1, against a tier's Kinesis front: ruby_front.rb URL STREAM [partial], as front.mjs.
require 'aws-sdk'
require 'json'
require 'uri'

endpoint = URI(ARGV[0])
stream = ARGV[1]
client = AWS::Kinesis::Client.new(
  access_key_id: 'stand-in', secret_access_key: 'stand-in', region: 'us-east-1', use_ssl: false, max_retries: 0,
  kinesis_endpoint: endpoint.host, kinesis_port: endpoint.port)

if ARGV[2] == 'partial'
  answer = client.put_records(stream_name: stream, records: ['0', (2**128 - 1).to_s].map { |hash_key|
    { partition_key: 'a', explicit_hash_key: hash_key, data: 'a' }
  })
  puts JSON.generate(failed: answer[:failed_record_count], codes: answer[:records].map { |r| r[:error_code] || '' },
                     shards: answer[:records].map { |r| r[:shard_id] || '' })
  exit
end

def error_of
  yield
  nil
rescue AWS::Errors::Base => error
  error.code || error.class.name.split('::').last
end

outcome = { there: 'SUCCESS' }
described = client.describe_stream(stream_name: stream)[:stream_description]
outcome[:shards] = described[:shards].map { |shard| shard[:shard_id] }
# Older than the creation timestamp: this client reads what it knows.
outcome[:created] = described[:stream_status] == 'ACTIVE'
outcome[:streams] = []
page = nil
loop do
  page = client.list_streams(page ? { limit: 2, exclusive_start_stream_name: page[:stream_names].last } : { limit: 2 })
  outcome[:streams] += page[:stream_names]
  break unless page[:has_more_streams]
end
one = client.put_record(stream_name: stream, partition_key: 'one', data: 'one')
many = client.put_records(stream_name: stream, records: (0...500).map { |i| { partition_key: "key-#{i}", data: "data-#{i}" } })
outcome[:failed] = many[:failed_record_count]
outcome[:numbers] = [one[:sequence_number]] + many[:records].map { |record| record[:sequence_number] }
outcome[:not_there] = error_of { client.put_record(stream_name: 'nowhere', partition_key: 'a', data: 'a') }
outcome[:no_key] = error_of { client.put_record(stream_name: stream, partition_key: 'k' * 257, data: 'a') }
outcome[:read] = error_of { client.get_records(shard_iterator: 'x') }
puts JSON.generate(outcome)
