using System.Formats.Cbor;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Tests.Wire.Cbor;

/// <summary>Answers as services may write them, by .NET's own writer: lengths definite or not, members in any order, more than anybody asked for.</summary>
internal sealed class CborAnswers(Random random)
{
    private readonly CborWriter _cbor = new(CborConformanceMode.Lax);

    /// <summary>An answer to PutRecords with these entries.</summary>
    public byte[] PutRecords(IReadOnlyList<PutRecordsReplyEntry> entries)
    {
        if (Coin())
            _cbor.WriteTag(CborTag.SelfDescribeCbor);
        Map(("Records", () => Array(entries.Select<PutRecordsReplyEntry, Action>(e => () => Entry(e)).ToArray())),
            ("FailedRecordCount", () => _cbor.WriteInt32(entries.Count(e => e.ErrorCode is not null))));
        return _cbor.Encode();
    }

    /// <summary>An answer to PutRecord.</summary>
    public byte[] PutRecord(PutRecordsReplyEntry entry)
    {
        Entry(entry);
        return _cbor.Encode();
    }

    public static PutRecordsReplyEntry AnyEntry(Random random) => random.Next(3) == 0
        ? new(null, null, "ProvisionedThroughputExceededException", $"Rate exceeded for shard {random.Next(9)} – später")
        : new($"shardId-{random.Next(9):D12}", $"4965{random.NextInt64():D52}", null, null);

    private void Entry(PutRecordsReplyEntry entry)
    {
        var members = new List<(string, Action)>();
        foreach (var (name, value) in new[]
        {
            ("ShardId", entry.ShardId), ("SequenceNumber", entry.SequenceNumber), ("ErrorCode", entry.ErrorCode), ("ErrorMessage", entry.ErrorMessage),
        })
        {
            // What is not there is left out, or null.
            if (value is not null || Coin())
                members.Add((name, () => Text(value)));
        }

        Map([.. members]);
    }

    private void Map(params (string Name, Action Write)[] members)
    {
        var all = members.ToList();
        for (var extra = random.Next(3); extra > 0; extra--)
            all.Add(($"Extra{extra}", () => Anything(0)));
        random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(all));
        _cbor.WriteStartMap(Coin() ? null : all.Count);
        foreach (var (name, write) in all)
        {
            Text(name);
            write();
        }

        _cbor.WriteEndMap();
    }

    private void Array(Action[] items)
    {
        _cbor.WriteStartArray(Coin() ? null : items.Length);
        foreach (var write in items)
            write();
        _cbor.WriteEndArray();
    }

    private void Anything(int depth)
    {
        switch (random.Next(depth > 4 ? 9 : 12))
        {
            case 0: _cbor.WriteInt64(random.NextInt64(long.MinValue, long.MaxValue)); break;
            case 1: _cbor.WriteUInt64(ulong.MaxValue); break;
            case 2: _cbor.WriteDouble(random.NextDouble()); break;
            case 3: _cbor.WriteHalf((Half)1.5); break;
            case 4: _cbor.WriteSingle(-2.5f); break;
            case 5: _cbor.WriteBoolean(Coin()); break;
            case 6: _cbor.WriteSimpleValue((CborSimpleValue)200); break;
            case 7: Bytes(random.Next(70_000)); break;
            case 8: Text(Coin() ? null : "some text"); break;
            case 9:
                _cbor.WriteTag(CborTag.UnixTimeSeconds);
                Anything(depth + 1);
                break;
            case 10: Array([.. Enumerable.Range(0, random.Next(5)).Select<int, Action>(_ => () => Anything(depth + 1))]); break;
            default:
                _cbor.WriteStartMap(Coin() ? null : 1);
                // A name need not be text.
                Anything(depth + 1);
                Anything(depth + 1);
                _cbor.WriteEndMap();
                break;
        }
    }

    private void Text(string? text)
    {
        if (text is null)
        {
            _cbor.WriteNull();
            return;
        }

        if (Coin())
        {
            _cbor.WriteTextString(text);
            return;
        }

        _cbor.WriteStartIndefiniteLengthTextString();
        foreach (var chunk in text.Chunk(1 + random.Next(8)))
            _cbor.WriteTextString(chunk);
        _cbor.WriteEndIndefiniteLengthTextString();
    }

    private void Bytes(int count)
    {
        if (Coin())
        {
            _cbor.WriteByteString(new byte[count]);
            return;
        }

        _cbor.WriteStartIndefiniteLengthByteString();
        _cbor.WriteByteString(new byte[count]);
        _cbor.WriteByteString([]);
        _cbor.WriteEndIndefiniteLengthByteString();
    }

    private bool Coin() => random.Next(2) == 0;
}
