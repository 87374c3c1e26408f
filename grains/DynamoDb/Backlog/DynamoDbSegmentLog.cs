using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Backlog.Segments;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.DynamoDb.Backlog;

/// <summary>
/// One log in a table. A segment is one item; a segment that is too large for one item is split into pieces in a log of their own, which are
/// written before the segment's number is. Records expire; removing them only moves the place where the next owner begins to read.
/// </summary>
internal sealed class DynamoDbSegmentLog : ISegmentLog
{
    /// <summary>The most bytes of data in an item: an item has at most 400 KiB, its names, keys and numbers included.</summary>
    public const int MaxItemBytes = (400 << 10) - (2 << 10);

    private const int MaxParts = 32;

    /// <summary>The most segments that one call renews: each costs as much as writing it.</summary>
    private const int MostRenewed = 256;

    private readonly ILogTable _table;
    private readonly string _log;
    private readonly TimeProvider _time;
    private readonly TimeSpan? _keep;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _saving = new(1);
    private readonly SortedDictionary<long, LogItem> _kept;
    private readonly HashSet<long> _acknowledged = [];

    // How many pieces of an unfinished segment the table has. Where the table throttles, a try that began with the first one would get no further.
    private readonly ConcurrentDictionary<(string Log, long Number), int> _pieces = new();
    private LogHead _head;
    private volatile bool _isFenced;

    private DynamoDbSegmentLog(ILogTable table, string log, TimeProvider time, TimeSpan? keep, LogHead head, IReadOnlyList<LogItem> found)
    {
        (_table, _log, _time, _keep, _head) = (table, log, time, keep, head);
        Found = [.. found.Select(static i => new SegmentEntry(i.Number, i.Bytes, i.Count))];
        NextNumber = head.NextNumber;
        Progress = head.Progress;
        _kept = new(found.ToDictionary(static f => f.Number));
    }

    public int MaxAppends => LogTakeover.Window;

    public int MaxSegmentBytes => MaxItemBytes * MaxParts;

    public int TargetSegmentBytes => MaxItemBytes;

    public IReadOnlyList<SegmentEntry> Found { get; }

    public long NextNumber { get; }

    public ReadOnlyMemory<byte> Progress { get; }

    public double WriteUnits => _table.WriteUnits;

    /// <summary>The number of owners that the log has had, this one included.</summary>
    public long Epoch => _head.Epoch;

    /// <param name="table">The table, for this log alone: what it counts is what the log uses.</param>
    /// <param name="log">The log's key in it.</param>
    /// <param name="time">The clock that decides when segments expire.</param>
    /// <param name="keep">How long the table keeps segments; null keeps them until they are removed.</param>
    public static async Task<DynamoDbSegmentLog> OpenAsync(ILogTable table, string log, TimeProvider time, TimeSpan? keep, CancellationToken cancellationToken)
    {
        var (head, found) = await LogTakeover.TakeAsync(table, log, time, cancellationToken).ConfigureAwait(false);
        return new DynamoDbSegmentLog(table, log, time, keep, head, found);
    }

    /// <summary>The key of the log that holds the pieces of large segments.</summary>
    public static string PartsOf(string log) => log + "/parts";

    /// <summary>The key of the log that holds the segments that were set aside.</summary>
    public static string AsideOf(string log) => log + "/aside";

    public async Task AppendAsync(long number, ReadOnlyMemory<byte> segment, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, NextNumber);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(segment.Length, MaxSegmentBytes, nameof(segment));
        CheckFence();
        var expiresAt = _keep is { } keep ? _time.GetUtcNow() + keep : (DateTimeOffset?)null;
        var item = await PutPartsAsync(_log, number, segment, expiresAt, cancellationToken).ConfigureAwait(false);
        item = item with { Count = SegmentHeader.EntryOf(number, segment.Length, segment.Span).Count };
        var there = await _table.PutIfAbsentAsync(_log, item, cancellationToken).ConfigureAwait(false);
        if (there is not null && !await IsSameAsync(there, segment, cancellationToken).ConfigureAwait(false))
            throw Fence(there.SealEpoch);
        _pieces.TryRemove((_log, number), out _);
        lock (_lock)
        {
            _kept[number] = item with { Data = null };
            _acknowledged.Add(number);
            var next = _head.NextNumber;
            while (_acknowledged.Remove(next))
                next++;
            _head = _head with { NextNumber = next };
        }
    }

    public async Task<byte[]?> ReadAsync(long number, CancellationToken cancellationToken)
    {
        var item = await _table.GetAsync(_log, number, cancellationToken).ConfigureAwait(false);
        return item is { IsSegment: true } ? await BytesOfAsync(item, cancellationToken).ConfigureAwait(false) : null;
    }

    public async Task SaveProgressAsync(ReadOnlyMemory<byte> progress, CancellationToken cancellationToken)
    {
        CheckFence();
        await SaveHeadAsync(progress, cancellationToken).ConfigureAwait(false);
    }

    public async Task RemoveAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken)
    {
        CheckFence();
        if (_keep is null && numbers.Count > 0)
        {
            // A deleted number looks as if it had never been written, unless the head says that it is below the acknowledged numbers.
            var next = (await SaveHeadAsync(progress: null, cancellationToken).ConfigureAwait(false)).NextNumber;
            await DeletePartsAsync(numbers, cancellationToken).ConfigureAwait(false);
            await _table.DeleteAsync(_log, [.. numbers.Where(n => n < next)], cancellationToken).ConfigureAwait(false);
            foreach (var number in numbers.Where(n => n >= next))
                await _table.PutAsync(_log, LogItem.Aside(number), cancellationToken).ConfigureAwait(false);
        }

        // Only now: whoever tries again after a failure still knows which pieces there are.
        Let(numbers);
    }

    public async Task<string> SetAsideAsync(long number, CancellationToken cancellationToken)
    {
        CheckFence();
        if (await ReadAsync(number, cancellationToken).ConfigureAwait(false) is { } bytes)
        {
            var copy = await PutPartsAsync(AsideOf(_log), number, bytes, expiresAt: null, cancellationToken).ConfigureAwait(false);
            await _table.PutAsync(AsideOf(_log), copy, cancellationToken).ConfigureAwait(false);
            _pieces.TryRemove((AsideOf(_log), number), out _);
            // The number is not deleted: it would look as if it had never been written.
            await _table.PutAsync(_log, LogItem.Aside(number), cancellationToken).ConfigureAwait(false);
            // Those of records expire by themselves. Whoever tries again after a failure would not find the segment any more.
            if (_keep is null)
                await DeletePartsAsync([number], cancellationToken).ConfigureAwait(false);
        }

        Let([number]);
        return $"{AsideOf(_log)}, {number}";
    }

    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        if (_keep is not { } keep || _isFenced)
            return;
        var now = _time.GetUtcNow();
        List<LogItem> due;
        lock (_lock)
            due = [.. _kept.Values.Where(i => i.ExpiresAt < now + (keep / 2)).Take(MostRenewed)];
        foreach (var item in due)
        {
            for (var part = 0; part < item.Parts; part++)
                await _table.ExpireAsync(PartsOf(_log), NumberOfPart(item.Number, part), now + keep, cancellationToken).ConfigureAwait(false);
            await _table.ExpireAsync(_log, item.Number, now + keep, cancellationToken).ConfigureAwait(false);
            lock (_lock)
            {
                if (_kept.ContainsKey(item.Number))
                    _kept[item.Number] = item with { ExpiresAt = now + keep };
            }
        }
    }

    /// <remarks>The table keeps the items long enough to shut out a former owner that is late.</remarks>
    public async Task RetireAsync(CancellationToken cancellationToken)
    {
        if (_keep is not { } keep)
            return;
        var at = _time.GetUtcNow() + (keep > LogTakeover.SealsLast ? keep : LogTakeover.SealsLast);
        // Where there is a later owner, the end of the log is that one's to set.
        await _table.ExpireHeadAsync(_log, Epoch, at, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static long NumberOfPart(long number, int part) => checked((number * MaxParts) + part);

    private async Task<byte[]> BytesOfAsync(LogItem item, CancellationToken cancellationToken)
    {
        if (item.Parts == 0)
            return item.Data is { } whole ? whole.ToArray() : [];
        var parts = await Task.WhenAll(
            Enumerable.Range(0, item.Parts).Select(i => _table.GetAsync(PartsOf(_log), NumberOfPart(item.Number, i), cancellationToken))).ConfigureAwait(false);
        var bytes = GC.AllocateUninitializedArray<byte>(parts.Sum(static p => p?.Data?.Length ?? 0));
        var memory = bytes.AsMemory();
        foreach (var data in parts.Select(static p => p?.Data).OfType<ReadOnlyMemory<byte>>())
        {
            data.CopyTo(memory);
            memory = memory[data.Length..];
        }

        return bytes;
    }

    /// <summary>Writes the pieces of a segment that is too large for one item. A former try had the same bytes.</summary>
    /// <returns>The segment's own item, to be written after the pieces.</returns>
    private async Task<LogItem> PutPartsAsync(string log, long number, ReadOnlyMemory<byte> segment, DateTimeOffset? expiresAt,
        CancellationToken cancellationToken)
    {
        if (segment.Length <= MaxItemBytes)
            return LogItem.Segment(number, segment) with { ExpiresAt = expiresAt };
        var count = (segment.Length + MaxItemBytes - 1) / MaxItemBytes;
        for (var i = _pieces.GetValueOrDefault((log, number)); i < count; i++)
        {
            var part = segment[(i * MaxItemBytes)..Math.Min(segment.Length, (i + 1) * MaxItemBytes)];
            var item = LogItem.Segment(NumberOfPart(number, i), part) with { ExpiresAt = expiresAt };
            await _table.PutAsync(PartsOf(log), item, cancellationToken).ConfigureAwait(false);
            _pieces[(log, number)] = i + 1;
        }

        return LogItem.InParts(number, segment.Length, count) with { ExpiresAt = expiresAt };
    }

    private void Let(IReadOnlyList<long> numbers)
    {
        lock (_lock)
        {
            foreach (var number in numbers)
                _kept.Remove(number);
        }
    }

    /// <summary>Deletes the pieces of segments that are not read any more: nobody lists them, and those of dead letters do not expire.</summary>
    private async Task DeletePartsAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken)
    {
        List<long> parts;
        lock (_lock)
            parts = [.. numbers.SelectMany(n => Enumerable.Range(0, _kept.GetValueOrDefault(n)?.Parts ?? 0).Select(i => NumberOfPart(n, i)))];
        if (parts.Count > 0)
            await _table.DeleteAsync(PartsOf(_log), parts, cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> IsSameAsync(LogItem there, ReadOnlyMemory<byte> segment, CancellationToken cancellationToken)
    {
        if (!there.IsSegment || there.Bytes != segment.Length)
            return false;
        // The item that came with the refusal may lack the data.
        var bytes = there.Data?.ToArray() ?? await ReadAsync(there.Number, cancellationToken).ConfigureAwait(false);
        return segment.Span.SequenceEqual(bytes);
    }

    /// <param name="progress">The owner's state; null keeps the state that was saved last.</param>
    private async Task<LogHead> SaveHeadAsync(ReadOnlyMemory<byte>? progress, CancellationToken cancellationToken)
    {
        using var turn = await _saving.EnterAsync(cancellationToken).ConfigureAwait(false);
        LogHead head;
        lock (_lock)
        {
            var from = _kept.Count == 0 ? _head.NextNumber : Math.Min(_kept.First().Key, _head.NextNumber);
            head = _head = _head with { Progress = progress ?? _head.Progress, From = from, Saves = _head.Saves + 1 };
        }

        return await _table.SaveHeadAsync(_log, head, cancellationToken).ConfigureAwait(false) ? head : throw Fence(head.Epoch + 1);
    }

    private void CheckFence()
    {
        if (_isFenced)
            throw LogTakeover.Fenced(_log, _head.Epoch + 1);
    }

    private BacklogFencedException Fence(long epoch)
    {
        _isFenced = true;
        return LogTakeover.Fenced(_log, Math.Max(epoch, _head.Epoch + 1));
    }
}
