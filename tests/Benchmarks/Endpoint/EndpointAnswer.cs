using System.Buffers;
using System.Formats.Cbor;
using System.Text.Json;
using Orleans.Kpl.Benchmarks.Loads;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>What the endpoint answers: to PutRecords in the wire format of the call, to questions about a stream in JSON.</summary>
internal sealed class EndpointAnswer
{
    // 56 digits as Kinesis' own, of which the last 18 count.
    private static readonly string SequencePrefix = "4965" + new string('0', 34);

    private static long s_lastSequence;

    private readonly ArrayBufferWriter<byte> _body = new();
    private readonly CborWriter _cbor = new(CborConformanceMode.Lax);
    private readonly Utf8JsonWriter _json;

    public EndpointAnswer() => _json = new Utf8JsonWriter(_body);

    public static byte[] ListShards(string stream)
    {
        var shards = BenchStream.MapOf(stream);
        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            Shards = Enumerable.Range(0, shards.Count).Select(i => new
            {
                shards[i].ShardId,
                HashKeyRange = new { StartingHashKey = $"{shards[i].StartingHashKey}", EndingHashKey = $"{shards[i].EndingHashKey}" },
                SequenceNumberRange = new { StartingSequenceNumber = "0" },
            }),
        });
    }

    public static byte[] DescribeStreamSummary(string stream) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        StreamDescriptionSummary = new
        {
            StreamName = stream,
            StreamARN = $"arn:aws:kinesis:us-east-1:000000000000:stream/{stream}",
            StreamStatus = "ACTIVE",
            StreamModeDetails = new { StreamMode = "PROVISIONED" },
            StreamCreationTimestamp = 1_767_225_600.0,
            RetentionPeriodHours = 24,
            OpenShardCount = BenchStream.ShardsOf(stream),
            MaxRecordSizeInKiB = 1024,
        },
    });

    /// <summary>Every record has succeeded; valid until the next call.</summary>
    public ReadOnlySpan<byte> PutRecords(RequestBody request)
    {
        var shards = BenchStream.ShardsOf(request.Stream);
        _body.ResetWrittenCount();
        if (request.IsCbor)
            WriteCbor(request, shards);
        else
            WriteJson(request, shards);
        return _body.WrittenSpan;
    }

    private void WriteJson(RequestBody request, int shards)
    {
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteNumber("FailedRecordCount"u8, 0);
        _json.WriteStartArray("Records"u8);
        foreach (var entry in request.Entries)
        {
            _json.WriteStartObject();
            _json.WriteString("SequenceNumber"u8, NextSequence());
            _json.WriteString("ShardId"u8, BenchStream.IdOf(BenchStream.ShardOf(entry.HashKey, shards)));
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.Flush();
    }

    // Maps and arrays of indefinite length, as Kinesis' own writer makes them.
    private void WriteCbor(RequestBody request, int shards)
    {
        _cbor.Reset();
        _cbor.WriteStartMap(null);
        _cbor.WriteTextString("FailedRecordCount");
        _cbor.WriteInt32(0);
        _cbor.WriteTextString("Records");
        _cbor.WriteStartArray(null);
        foreach (var entry in request.Entries)
        {
            _cbor.WriteStartMap(null);
            _cbor.WriteTextString("SequenceNumber");
            _cbor.WriteTextString(NextSequence());
            _cbor.WriteTextString("ShardId");
            _cbor.WriteTextString(BenchStream.IdOf(BenchStream.ShardOf(entry.HashKey, shards)));
            _cbor.WriteEndMap();
        }

        _cbor.WriteEndArray();
        _cbor.WriteEndMap();
        _body.Advance(_cbor.Encode(_body.GetSpan(_cbor.BytesWritten)));
    }

    private static string NextSequence() => $"{SequencePrefix}{Interlocked.Increment(ref s_lastSequence):D18}";
}
