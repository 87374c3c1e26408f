using System.Text;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Backlog.DeadLettering;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Backlog.Writing;
using Orleans.Kpl.Pipeline.Outcomes;

namespace Orleans.Kpl.Pipeline.Backlog;

/// <summary>Records that can never be delivered.</summary>
internal sealed partial class StreamBacklog
{
    private const string TooOld = "the record waited in the backlog for longer than BacklogMaxAge";

    private readonly SemaphoreSlim _openingLetters = new(1);

    /// <summary>The stream's dead letters, where this process keeps them; null where another one does, or they are not open yet.</summary>
    public DeadLetterLog? DeadLetters { get; private set; }

    /// <summary>Dead letters, oldest first.</summary>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused.</exception>
    public async Task<IReadOnlyList<DeadLetter>> ListDeadLettersAsync(long after, int max, CancellationToken cancellationToken) =>
        await (await OwnLettersAsync().ConfigureAwait(false)).ListAsync(after, max, cancellationToken).ConfigureAwait(false);

    /// <summary>Gives dead letters up: they count as failed.</summary>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused.</exception>
    public async Task<int> DropDeadLettersAsync(IReadOnlyCollection<long>? numbers, CancellationToken cancellationToken)
    {
        var dropped = await (await OwnLettersAsync().ConfigureAwait(false)).DropAsync(numbers, cancellationToken).ConfigureAwait(false);
        _accounts.FromDeadLettersToFailed(dropped);
        return dropped;
    }

    /// <summary>Puts dead letters into the backlog again.</summary>
    /// <exception cref="BacklogStoreException">The store did not answer, or refused.</exception>
    public async Task<int> RequeueDeadLettersAsync(IReadOnlyCollection<long>? numbers, CancellationToken cancellationToken)
    {
        var letters = await OwnLettersAsync().ConfigureAwait(false);
        return await letters.RequeueAsync(
            numbers,
            async records =>
            {
                await RequeueAsync(records).ConfigureAwait(false);
                _accounts.Requeued(records.Count);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes records into the backlog that were set aside before. They are durable when this completes.</summary>
    /// <exception cref="BacklogStoreException">They are not, or nobody knows.</exception>
    public async Task RequeueAsync(IReadOnlyList<UserRecord> records)
    {
        await Open().ConfigureAwait(false);
        if (!TakesMore)
            throw new BacklogStoreException($"the backlog takes no records: {_commit.Error ?? "it is full"}", isFull: IsOverQuota);
        if (records.Count == 0)
            return;
        var now = _clock.Now;
        _accounts.Accepted(records.Count);
        var sink = new RequeuedOutcome(records.Count, new AcceptanceTerms(_inMemory.Enter(records.Count), now, now + _settings.Ttl, Immediate: false));
        for (var i = 0; i < records.Count; i++)
        {
            var (key, record) = (Encoding.UTF8.GetBytes(records[i].PartitionKey), records[i]);
            _room.Charge(RecordValidator.Charge(key.Length, record.ExplicitHashKey.HasValue, record.Data.Length), 1);
            var incoming = new IncomingRecord
            {
                PartitionKey = key,
                HashKey = record.ExplicitHashKey ?? default,
                HasExplicitHashKey = record.ExplicitHashKey.HasValue,
                Data = record.Data.Span,
                Member = new Member(sink, i),
            };
            _commit.Add(incoming, AcceptedAt(now), PendingFate.Park);
        }

        await sink.Written.ConfigureAwait(false);
    }

    private async Task<DeadLetterLog> OwnLettersAsync() =>
        await LettersAsync().ConfigureAwait(false) as DeadLetterLog
        ?? throw new InvalidOperationException("the dead letters are kept elsewhere");

    private async Task<IDeadLetters> LettersAsync()
    {
        if (_store.DeadLetters is { } elsewhere)
            return elsewhere(_stream);
        await _openingLetters.WaitAsync(_stop.Token).ConfigureAwait(false);
        try
        {
            if (DeadLetters is { } open)
                return open;
            var letters = await DeadLetterLog.OpenAsync(_stream, _store.Store, _services.Events, _clock.Time, _stop.Token).ConfigureAwait(false);
            _accounts.FoundDeadLetters((int)letters.Count);
            return DeadLetters = letters;
        }
        finally
        {
            _openingLetters.Release();
        }
    }

    /// <summary>Where the process keeps the letters itself, those that are there come into the books at the start.</summary>
    private async Task OpenLettersAsync()
    {
        while (DeadLetters is null && _store.DeadLetters is null && !_stop.IsCancellationRequested)
        {
            try
            {
                await LettersAsync().ConfigureAwait(false);
                Healed(Trouble.Letters);
            }
            catch (BacklogStoreException e)
            {
                Told(Trouble.Letters, e.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), _clock.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void SetAside(HeldSegment segment, int index, UserRecord record, string code, string? message) =>
        _letters.Add(new Letter(segment, index, new DeadLetter
        {
            Record = record,
            ErrorCode = code,
            ErrorMessage = message,
            PersistedAt = DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(segment.OldestAt, Now)),
            SetAsideAt = DateTimeOffset.FromUnixTimeMilliseconds(Now),
        }));

    private long Now => _clock.Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>All that is left of a segment is too old.</summary>
    private async Task SetAsideAsync(HeldSegment segment, PackedRecords records)
    {
        segment.Enter(segment.Count - segment.DoneCount);
        var places = records.Places();
        for (var i = 0; i < places.Length; i++)
        {
            if (!segment.IsDone(i))
                SetAside(segment, i, records.ToUserRecord(places[i]), RecordErrorCodes.Expired, TooOld);
        }

        await _letters.EmptyAsync().ConfigureAwait(false);
    }

    private void LettersKept(IReadOnlyList<Letter> letters)
    {
        Healed(Trouble.Letters);
        _services.Instruments.UserRecordsDeadLettered.Add(letters.Count, KplInstruments.Tags(_stream));
        foreach (var code in letters.GroupBy(static l => l.Content.ErrorCode))
            _services.Events.RecordsSetAside(_stream, code.Key, code.First().Content.ErrorMessage, code.Count());
        foreach (var letter in letters)
        {
            letter.Segment.Done(letter.Index);
            _accounts.FromBacklogToDeadLetters(1);
            SeeTo(letter.Segment);
        }
    }

    private void LettersRefused(IReadOnlyList<Letter> letters, Exception why)
    {
        if (why is BacklogStoreException)
            Told(Trouble.Letters, why.Message);
        else if (why is not OperationCanceledException)
            _services.Events.Unexpected("setting records aside", why);
        foreach (var letter in letters)
        {
            letter.Segment.Back(letter.Index);
            Parked(letter.Segment);
            SeeTo(letter.Segment);
        }
    }
}
