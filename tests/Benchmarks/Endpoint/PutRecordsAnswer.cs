using System.Text;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>Writes the answer to a PutRecords call that succeeded in full, in the dialect of the request.</summary>
internal sealed class PutRecordsAnswer
{
    private const int SequenceDigits = 56;

    private static long s_lastSequence;

    // What every sequence number starts with: 56 digits as Kinesis', the last 18 counted up.
    private static readonly byte[] SequencePrefix = Encoding.ASCII.GetBytes("4965" + new string('0', SequenceDigits - 4 - 18));

    private static readonly Frame Json = new(
        Text("{\"FailedRecordCount\":0,\"Records\":["), Text("{\"SequenceNumber\":\""), Text(",{\"SequenceNumber\":\""), Text("\",\"ShardId\":\""), Text("\"}"),
        Text("]}"));

    // Maps and arrays of indefinite length, as Kinesis' own writer makes them.
    private static readonly Frame Cbor = new(
        [0xBF, 0x71, .. Text("FailedRecordCount"), 0x00, 0x67, .. Text("Records"), 0x9F],
        [0xBF, 0x6E, .. Text("SequenceNumber"), 0x78, SequenceDigits],
        [0xBF, 0x6E, .. Text("SequenceNumber"), 0x78, SequenceDigits],
        [0x67, .. Text("ShardId"), (byte)(0x60 | ShardRanges.IdLength)],
        [0xFF],
        [0xFF, 0xFF]);

    private byte[] _body = new byte[128 * 1024];
    private int _length;

    public ReadOnlySpan<byte> Body => _body.AsSpan(0, _length);

    public void Write(ReadOnlyMemory<byte> request, ShardRanges shards)
    {
        _length = 0;
        var frame = PutRecordsReader.IsCbor(request.Span) ? Cbor : Json;
        Append(frame.Start);
        var reader = new PutRecordsReader(request);
        var first = true;
        while (reader.Next())
        {
            Append(first ? frame.First : frame.Next);
            first = false;
            Append(SequencePrefix);
            AppendNumber(Interlocked.Increment(ref s_lastSequence));
            Append(frame.Shard);
            Append(shards.IdBytes(shards.Find(reader.HashKey)));
            Append(frame.EntryEnd);
        }

        Append(frame.End);
    }

    private static byte[] Text(string text) => Encoding.ASCII.GetBytes(text);

    private void Append(ReadOnlySpan<byte> text)
    {
        if (_length + text.Length > _body.Length)
            Array.Resize(ref _body, _body.Length * 2);
        text.CopyTo(_body.AsSpan(_length));
        _length += text.Length;
    }

    private void AppendNumber(long number)
    {
        Span<byte> digits = stackalloc byte[18];
        number.TryFormat(digits, out _, "D18");
        Append(digits);
    }

    /// <summary>What stands around sequence numbers and shard ids.</summary>
    private sealed record Frame(byte[] Start, byte[] First, byte[] Next, byte[] Shard, byte[] EntryEnd, byte[] End);
}
