using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using Orleans.Kpl.Aws.Operations;
using Orleans.Kpl.Cli.Inspect;
using Orleans.Kpl.Cli.Schemas;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl.Cli.Tail;

/// <summary>Turns the pages of all shards into lines on standard output. The records of one page stay together, in order.</summary>
/// <param name="json">Whether lines have all that is known.</param>
/// <param name="names">Names schemas; null where records with Glue's header are written as they are.</param>
/// <param name="isTerminal">Whether standard output is a terminal, which controls in data would steer.</param>
internal sealed class TailOutput(Stream output, StatusLine status, bool json, SchemaNames? names = null, bool isTerminal = false) : ITailSink, IDisposable
{
    /// <summary>How many schema versions are told of.</summary>
    private const int MostTold = 20;

    /// <summary>
    /// The most bytes of a write, unless a line has more. POSIX writes so many to a pipe whole or not at all (PIPE_BUF on Linux), so that the count
    /// is true although the reader went away.
    /// </summary>
    private const int AtOnce = 4096;

    private readonly ConcurrentBag<TailLines> _free = [];
    private readonly ConcurrentDictionary<Guid, bool> _told = new();
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _closed = new();
    private long _records;
    private long _damaged;

    /// <summary>The number of user records written so far.</summary>
    public long Records => Volatile.Read(ref _records);

    /// <summary>The number of aggregates that could not be read and were written unchanged.</summary>
    public long Damaged => Volatile.Read(ref _damaged);

    /// <summary>Is cancelled when no process reads standard output any more, as after <c>| head</c>.</summary>
    public CancellationToken Closed => _closed.Token;

    public async Task WriteAsync(string shardId, RecordsPage page, CancellationToken stop)
    {
        if (page.Records.Count == 0 || _closed.IsCancellationRequested)
            return;

        var lines = _free.TryTake(out var used) ? used : new TailLines(json, isTerminal);
        foreach (var record in page.Records)
            await AddAsync(lines, shardId, record, stop).ConfigureAwait(false);

        lock (_lock)
            Send(lines);
        lines.Clear();
        _free.Add(lines);
    }

    public void Dispose()
    {
        while (_free.TryTake(out var lines))
            lines.Dispose();
        _closed.Dispose();
    }

    private async ValueTask AddAsync(TailLines lines, string shardId, ConsumedRecord record, CancellationToken stop)
    {
        var members = MembersOf(shardId, record);
        for (var i = 0; i < members.Length; i++)
        {
            if (names is null || !FramedRecord.TryRead(members[i].Data, out var framed))
            {
                lines.Add(shardId, record.SequenceNumber, i, members[i]);
                continue;
            }

            var version = await names.FindAsync(framed.VersionId, stop).ConfigureAwait(false);
            if (!_told.ContainsKey(framed.VersionId) && _told.Count < MostTold && _told.TryAdd(framed.VersionId, true))
                status.WriteLine($"kpl: {SchemaText.Of(framed.VersionId, version)}; --raw writes records with their header");
            lines.Add(shardId, record.SequenceNumber, i, members[i], framed, version?.SchemaName);
        }
    }

    private AggregateMember[] MembersOf(string shardId, ConsumedRecord record)
    {
        if (AggregatedRecordCodec.IsAggregate(record.Data.Span))
        {
            if (AggregatedRecordCodec.TryDecode(record.Data, out var members, out var reason))
                return members;

            if (Interlocked.Increment(ref _damaged) == 1)
                status.WriteLine($"kpl: {shardId} {record.SequenceNumber}: taken for plain data, though it starts as an aggregate: {reason}");
        }

        return [new AggregateMember(Encoding.UTF8.GetBytes(record.PartitionKey), null, record.Data)];
    }

    private void Send(TailLines lines)
    {
        for (var next = 0; next < lines.Count;)
        {
            var start = next;
            if (!OutputLines.Write(output, lines.Take(start, AtOnce, out next)))
            {
                _closed.Cancel();
                return;
            }

            Volatile.Write(ref _records, _records + next - start);
        }
    }
}

/// <summary>Writes data for a terminal: whoever may put a record must not move its cursor, name its window or answer for it.</summary>
internal static class TerminalText
{
    /// <summary>Of so many bytes one may be no character: where there are more, the data is no text.</summary>
    private const int PerUnreadable = 8;

    /// <summary>
    /// Writes text as <see cref="Of"/> returns it; what is no UTF-8 becomes U+FFFD. Of data that is no text, its length and first bytes are written.
    /// </summary>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> data) => output.Write(Encoding.UTF8.GetBytes(
        IsText(data) ? Of(Encoding.UTF8.GetString(data)) : $"({Preview.Bytes(data.Length)}, no text) {Preview.Hex(data)}"));

    /// <summary>Returns text as it stands, and each control but tab and line end as <c>\u001b</c>.</summary>
    public static string Of(string text) => !text.Any(IsEscaped) ? text
        : string.Concat(text.Select(static c => IsEscaped(c) ? $"\\u{(int)c:x4}" : $"{c}"));

    private static bool IsEscaped(char letter) => char.IsControl(letter) && letter is not ('\t' or '\n');

    private static bool IsText(ReadOnlySpan<byte> data)
    {
        var left = Math.Max(1, data.Length / PerUnreadable);
        while (!data.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(data, out _, out var length) != OperationStatus.Done && --left < 0)
                return false;
            data = data[length..];
        }

        return true;
    }
}
