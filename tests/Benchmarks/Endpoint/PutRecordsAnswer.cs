using System.Text;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>Writes the answer to a PutRecords call that succeeded in full.</summary>
internal sealed class PutRecordsAnswer
{
    private const int SequenceDigits = 56;

    private static long s_lastSequence;

    // What every sequence number starts with: 56 digits as Kinesis', the last 18 counted up.
    private static readonly byte[] SequencePrefix = Encoding.ASCII.GetBytes("4965" + new string('0', SequenceDigits - 4 - 18));

    private byte[] _body = new byte[128 * 1024];
    private int _length;

    public ReadOnlySpan<byte> Body => _body.AsSpan(0, _length);

    public void Write(ReadOnlySpan<byte> request, ShardRanges shards)
    {
        _length = 0;
        Append("{\"FailedRecordCount\":0,\"Records\":["u8);
        var reader = new PutRecordsReader(request);
        var first = true;
        while (reader.Next())
        {
            Append(first ? "{\"SequenceNumber\":\""u8 : ",{\"SequenceNumber\":\""u8);
            first = false;
            Append(SequencePrefix);
            AppendNumber(Interlocked.Increment(ref s_lastSequence));
            Append("\",\"ShardId\":\""u8);
            Append(shards.IdBytes(shards.Find(reader.HashKey)));
            Append("\"}"u8);
        }

        Append("]}"u8);
    }

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
}
