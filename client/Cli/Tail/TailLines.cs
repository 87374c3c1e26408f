using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orleans.Kpl.Cli.Schemas;
using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl.Cli.Tail;

/// <summary>Writes user records as lines: their data only, or all their properties as JSON.</summary>
internal sealed class TailLines : IDisposable
{
    private static readonly JsonWriterOptions Options = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _bytes = new(256 << 10);
    private readonly Utf8JsonWriter? _json;
    private readonly List<int> _ends = [];

    private readonly bool _isTerminal;

    public TailLines(bool json, bool isTerminal = false) => (_json, _isTerminal) = (json ? new Utf8JsonWriter(_bytes, Options) : null, isTerminal);

    /// <summary>The number of records.</summary>
    public int Count => _ends.Count;

    /// <summary>
    /// Returns the lines of the records from <paramref name="start"/> on, as many as fit into the given bytes and one at least, and the number of
    /// the first record behind them.
    /// </summary>
    public ReadOnlySpan<byte> Take(int start, int most, out int next)
    {
        var from = start == 0 ? 0 : _ends[start - 1];
        next = start + 1;
        while (next < _ends.Count && _ends[next] - from <= most)
            next++;
        return _bytes.WrittenSpan[from.._ends[next - 1]];
    }

    /// <summary>Adds a record.</summary>
    /// <param name="framed">What stands behind its header; null for a record without one.</param>
    /// <param name="schema">The name of its schema, where that is known.</param>
    public void Add(string shardId, string sequenceNumber, int subSequenceNumber, in AggregateMember member, FramedRecord? framed = null, string? schema = null)
    {
        if (_json is not null)
            WriteJson(_json, shardId, sequenceNumber, subSequenceNumber, member, framed, schema);
        else if (_isTerminal)
            TerminalText.Write(_bytes, (framed?.Data ?? member.Data).Span);
        else
            _bytes.Write((framed?.Data ?? member.Data).Span);
        _bytes.Write("\n"u8);
        _ends.Add(_bytes.WrittenCount);
    }

    public void Clear()
    {
        _bytes.ResetWrittenCount();
        _ends.Clear();
    }

    public void Dispose() => _json?.Dispose();

    private static void WriteJson(
        Utf8JsonWriter json, string shardId, string sequenceNumber, int subSequenceNumber, in AggregateMember member, FramedRecord? framed, string? schema)
    {
        json.Reset();
        json.WriteStartObject();
        json.WriteString("shard_id"u8, shardId);
        json.WriteString("sequence_number"u8, sequenceNumber);
        json.WriteNumber("sub_sequence_number"u8, subSequenceNumber);
        json.WriteString("partition_key"u8, Encoding.UTF8.GetString(member.PartitionKey.Span));
        json.WriteString("explicit_hash_key"u8, member.ExplicitHashKey?.ToString());
        json.WriteBase64String("data"u8, member.Data.Span);
        if (framed is { } inside)
        {
            json.WriteString("schema_version_id"u8, inside.VersionId);
            json.WriteString("schema_name"u8, schema);
            json.WriteBase64String("payload"u8, inside.Data.Span);
        }

        json.WriteEndObject();
        json.Flush();
    }
}
