using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Backlog.DeadLettering;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Backlog.Logs;

/// <summary>
/// Queues records of segments that become dead letters, and hands them to the stream's dead letter store many at a time, one hand-over after the
/// other. A record leaves its segment when its dead letter is durable; if that fails, it waits in its segment again, and none is tried for a while.
/// </summary>
internal sealed class DeadLetterQueue(BacklogContext context, StreamDeadLetters letters, BacklogLogs logs)
{
    /// <summary>The maximum number of dead letters in one hand-over, all of one kind. Their bytes are limited too, except for a single larger one.</summary>
    private const int MostAtOnce = 500;
    private const int MostBytes = 128 << 10;

    /// <summary>How many bytes may wait before the replay lets no more records out: no memory limit counts them.</summary>
    private const long MostWaiting = 1 << 20;

    /// <summary>The least time between a hand-over that failed and the next one; as much as that one took, if that is more.</summary>
    private const long LeastPause = TimeSpan.TicksPerSecond;

    private const string TooOld = "the record waited in the backlog for longer than BacklogMaxAge";

    private readonly Lock _lock = new();
    private readonly Queue<Letter> _waiting = [];
    private Task _handing = Task.CompletedTask;
    private long _pausedUntil;
    private long _waitingBytes;
    private int _pending;

    /// <summary>
    /// Gets whether records are to become dead letters that are not durable as such. Were the process to end now, the next one would send them again.
    /// </summary>
    public bool HasPending => Volatile.Read(ref _pending) > 0;

    /// <summary>Gets until when no dead letter is handed over, because one could not be kept; a time that has passed where there is no such pause.</summary>
    public long PausedUntil => Interlocked.Read(ref _pausedUntil);

    /// <summary>Adds a record of a segment that becomes a dead letter. The segment counts the record as in memory.</summary>
    public void Add(LogSegment segment, int index, UserRecord record, PackedNumber? number, string code, string? message)
    {
        var now = context.UnixNow;
        var acceptedAt = DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(segment.OldestAt, now));
        var letter = new Letter(segment, index, new DeadLetter
        {
            Record = record,
            ProducerNumber = number,
            IsAlone = segment.IsAlone,
            ErrorCode = code,
            ErrorMessage = message,
            PersistedAt = acceptedAt,
            SetAsideAt = DateTimeOffset.FromUnixTimeMilliseconds(now),
        });
        Interlocked.Increment(ref _pending);
        lock (_lock)
        {
            _waiting.Enqueue(letter);
            _waitingBytes += letter.Size;
            if (_handing.IsCompleted)
                _handing = Task.Run(HandOnAsync);
        }
    }

    /// <summary>Adds the remaining records of a segment that is too old. Completes when they were handed over, or the hand-over failed.</summary>
    public Task AddAllAsync(LogSegment segment, PackedRecords records)
    {
        if (!segment.TryEnterAll())
            return Task.CompletedTask;
        var positions = records.Positions();
        for (var i = 0; i < positions.Length; i++)
        {
            if (!segment.IsDone(i))
                Add(segment, i, records.ToUserRecord(positions[i]), records.NumberOf(positions[i]), RecordErrorCodes.Expired, TooOld);
        }

        return EmptyAsync();
    }

    /// <summary>Completes when no dead letter waits to be handed over.</summary>
    public Task EmptyAsync()
    {
        lock (_lock)
            return _handing;
    }

    /// <summary>Completes at once while little waits, else as <see cref="EmptyAsync"/> does.</summary>
    public Task RoomAsync()
    {
        lock (_lock)
            return _waitingBytes < MostWaiting ? Task.CompletedTask : _handing;
    }

    private async Task HandOnAsync()
    {
        while (true)
        {
            List<Letter> some;
            lock (_lock)
            {
                some = TakeSome();
                if (some.Count == 0)
                {
                    _handing = Task.CompletedTask;
                    return;
                }
            }

            var began = context.Clock.Now;
            if (began < PausedUntil)
            {
                Stay(some);
                continue;
            }

            try
            {
                var fallback = await letters.OpenAsync().ConfigureAwait(false);
                await fallback.AddAsync([.. some.Select(static l => l.Content)], context.Stopping).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                var now = context.Clock.Now;
                Interlocked.Exchange(ref _pausedUntil, now + Math.Max(LeastPause, now - began));
                // Those of logs that are another process' now are tried no more, and would be told for good.
                if (some.Exists(static l => !l.Segment.Index.IsLost))
                    Tell(e);
                Stay(some);
                continue;
            }

            Kept(some);
        }
    }

    private List<Letter> TakeSome()
    {
        var some = new List<Letter>();
        for (long bytes = 0; some.Count < MostAtOnce && _waiting.TryPeek(out var next) && (some.Count == 0 || Joins(next, bytes));)
        {
            bytes += next.Size;
            _waitingBytes -= next.Size;
            some.Add(_waiting.Dequeue());
        }

        return some;

        bool Joins(Letter next, long bytes) => bytes + next.Size <= MostBytes && next.Content.IsAlone == some[0].Content.IsAlone;
    }

    private void Kept(List<Letter> kept)
    {
        foreach (var letter in kept)
        {
            letter.Segment.Done(letter.Index);
            context.Ledger.FromBacklogToDeadLetters(1);
            logs.Changed(letter.Segment);
        }

        Interlocked.Add(ref _pending, -kept.Count);
        context.Services.Instruments.DeadLettered(context.Stream, kept.Count);
        context.Troubles.Worked(StoreTask.KeepingDeadLetters);
        foreach (var code in kept.GroupBy(static l => l.Content.ErrorCode))
            context.Events.RecordsSetAside(context.Stream, code.Key, code.First().Content.ErrorMessage, code.Count());
    }

    private void Tell(Exception why)
    {
        if (why is BacklogStoreException)
            context.Troubles.Failed(StoreTask.KeepingDeadLetters, why.Message);
        else if (why is not OperationCanceledException)
            context.Events.Unexpected("setting records aside", why);
    }

    /// <summary>Leaves records in their segments that could not be kept as dead letters.</summary>
    private void Stay(List<Letter> refused)
    {
        foreach (var letter in refused)
        {
            // Sent again, it might be delivered after all: a second time, or behind newer ones.
            letter.Segment.Refuse(letter.Index, letter.Content.ErrorCode, letter.Content.ErrorMessage);
            letter.Segment.Back(letter.Index, out var isLost);
            logs.Stays(letter.Segment, isLost);
            logs.Changed(letter.Segment);
            // Others of its segment may still be out. What comes behind waits all the same: the next process would send this one first.
            if (context.Settings.KeepsOrder)
                logs.ParkHalf(letter.Segment);
        }

        Interlocked.Add(ref _pending, -refused.Count);
    }

    /// <summary>A record that becomes a dead letter.</summary>
    /// <param name="Segment">The segment that holds the record until then.</param>
    /// <param name="Index">The record's index in the segment.</param>
    /// <param name="Content">The dead letter.</param>
    private readonly record struct Letter(LogSegment Segment, int Index, DeadLetter Content)
    {
        public long Size => Content.Record.PartitionKey.Length + Content.Record.Data.Length + (Content.ErrorMessage?.Length ?? 0) + 64L;
    }
}
