using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Backlog.DeadLettering;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Replaying;
using Orleans.Kpl.Pipeline.Backlog.Spilling;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Backlog.Writing;
using Orleans.Kpl.Pipeline.Outcomes;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Backlog;

/// <summary>
/// The durable backlog of one stream in one process: records that it accepted go in before their caller is answered, or when memory is full,
/// and come out as Kinesis takes them. It writes one log of its own, and replays that and the logs of processes that are no more.
/// </summary>
internal sealed partial class StreamBacklog : ICommitHost
{
    /// <summary>What may wait to be written from a full room, beside that room.</summary>
    private const long SpillRoomBytes = 16 << 20;

    private readonly string _stream;
    private readonly StreamSettings _settings;
    private readonly PipelineServices _services;
    private readonly BacklogServices _store;
    private readonly MonotonicClock _clock;
    private readonly RoomPair _room;
    private readonly RecordLimit _limit;
    private readonly StreamAccounts _accounts;
    private readonly RecordEnder _ender;
    private readonly Action<PreparedBatch> _route;
    private readonly GroupCommit _commit;
    private readonly Replayer _replayer;
    private readonly LetterBox _letters;
    private readonly int _mostReplayed;
    private readonly FlushBarrier _inMemory = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<OpenLog> _logs = [];
    private Task? _opening;
    private OpenLog? _own;
    private long _damaged;
    private volatile bool _isStopping;
    private volatile bool _keepsAtStop = true;

    public StreamBacklog(
        string stream, StreamSettings settings, PipelineServices services, RoomPair room, RecordLimit limit, StreamAccounts accounts, RecordEnder ender,
        Action<PreparedBatch> route)
    {
        _stream = stream;
        _settings = settings;
        _services = services;
        _store = services.Backlog!;
        _clock = services.Clock;
        _room = room;
        _limit = limit;
        _accounts = accounts;
        _ender = ender;
        _route = route;
        _commit = new GroupCommit(this, _store.CommitDelay, settings.KeepsOrder, services.Events, _clock, services.Timers);
        _mostReplayed = settings.Options.MaxOutstandingRecords is > 0 and var most ? (int)Math.Clamp(most / 4, 1, PreparedBatch.MaxRecords) : PreparedBatch.MaxRecords;
        _replayer = new Replayer(this, settings, _clock, services.Timers);
        _letters = new LetterBox(LettersAsync, LettersKept, LettersRefused, _stop.Token);
        Spill = settings.Options.HighWaterMode == HighWaterMode.Spill
            ? new SpillGate(stream, room, new Room(SpillRoomBytes, 0), this, services)
            : null;
    }

    /// <summary>Where the stream's settings want it, the log is opened before anybody puts anything.</summary>
    public void Begin()
    {
        if (Spill is not null || _settings.KeepsOrder || _settings.Options.AckLevel == AckLevel.Persisted)
            Open();
    }

    /// <summary>Where records go for which there is no room; null where they wait or are dropped.</summary>
    public SpillGate? Spill { get; }

    /// <summary>Another process owns the log, or this one ends: nothing is written any more.</summary>
    public bool IsStopped => _commit.State == StoreState.Stopped;

    /// <summary>Segments can be written now.</summary>
    public bool TakesMore => _commit.State == StoreState.Good && !IsOverQuota;

    /// <summary>Segments that the store does not have yet.</summary>
    public int PendingSegments => _commit.Pending;

    /// <summary>On an ordered stream records must not overtake those that are not in the engines yet.</summary>
    public bool MustGoBehind => _settings.KeepsOrder && (_commit.Pending > 0 || WaitsInStore || (_own is null && _commit.State == StoreState.Good));

    /// <summary>Records were delivered, as far as the books tell, or none want to be.</summary>
    public long DeliveredSoFar => _accounts.Read().Delivered;

    /// <summary>Nothing waits in the store.</summary>
    public bool IsEmpty => Books.All(static b => b.Segments == 0);

    bool ICommitHost.MayRoute => _isStopping || !_settings.KeepsOrder || !WaitsInStore;

    private bool WaitsInStore => _replayer.Held > 0 || Books.Any(static b => b.HasParked);

    private IEnumerable<LogBook> Books
    {
        get
        {
            lock (_gate)
                return [.. _logs.Select(static l => l.Book)];
        }
    }

    private bool IsOverQuota => Books.Sum(static b => b.Bytes) >= _settings.Options.BacklogMaxBytes;

    /// <summary>Opens the log, if nobody did yet, and replays what is in it. Completes when it is open.</summary>
    public Task Open()
    {
        lock (_gate)
            return _opening ??= OpenAsync();
    }

    /// <summary>Takes an accepted record in, to be written; false when the store takes none and the record goes its way without.</summary>
    public bool TryTake(in IncomingRecord record, bool isSpilled)
    {
        if (!MayTake())
        {
            if (isSpilled)
                Unspill(RecordValidator.Charge(record.PartitionKey.Length, record.HasExplicitHashKey, record.Data.Length), 1);
            return false;
        }

        _commit.Add(record, AcceptedAt(_clock.Now), isSpilled ? PendingFate.Spill : PendingFate.Route);
        if (isSpilled)
            _services.Instruments.UserRecordsSpilled.Add(1, KplInstruments.Tags(_stream));
        return true;
    }

    /// <summary>The same for a batch.</summary>
    public bool TryTake(PreparedBatch batch, bool isSpilled)
    {
        if (!MayTake())
        {
            if (isSpilled)
                Unspill(batch.Charge, batch.Count);
            return false;
        }

        _commit.Add(batch, AcceptedAt(batch.AcceptedAt), isSpilled ? PendingFate.Spill : PendingFate.Route);
        if (isSpilled)
            _services.Instruments.UserRecordsSpilled.Add(batch.Count, KplInstruments.Tags(_stream));
        return true;
    }

    /// <summary>
    /// A record that would end undelivered goes to the backlog instead, where its stream or caller wants that and the store takes it. Its room
    /// stays charged until it is written.
    /// </summary>
    public bool TryKeep(in AggregateMember content, Member member, string code)
    {
        if (member.Sink.Use == BacklogUse.None || code is not (RecordErrorCodes.Expired or RecordErrorCodes.Shutdown) || !TakesMore)
            return false;
        // Where order matters it would come after those that were accepted later.
        if (_settings.KeepsOrder && (code == RecordErrorCodes.Expired || !_keepsAtStop))
            return false;
        Open();
        var record = new IncomingRecord
        {
            PartitionKey = content.PartitionKey.Span,
            HashKey = content.HashKey,
            HasExplicitHashKey = content.ExplicitHashKey.HasValue,
            Data = content.Data.Span,
            Member = member,
        };
        _commit.Add(record, AcceptedAt(member.Sink.AcceptedAt), PendingFate.Park);
        _services.Instruments.UserRecordsSpilled.Add(1, KplInstruments.Tags(_stream));
        return true;
    }

    /// <summary>The code under which a record fails that the backlog was asked to keep and could not for want of space.</summary>
    public FailureReason Explain(OutcomeSink sink, FailureReason reason)
    {
        if (sink.Use != BacklogUse.Asked || reason.Code is not (RecordErrorCodes.Expired or RecordErrorCodes.Shutdown) || !(_commit.State == StoreState.Full || IsOverQuota))
            return reason;
        var why = _commit.State == StoreState.Full ? _commit.Error : $"BacklogMaxBytes {_settings.Options.BacklogMaxBytes}";
        return reason.As(RecordErrorCodes.BacklogFull, $"the backlog is full ({why}), and {reason.Message}");
    }

    /// <summary>No more is replayed. Completes when what came from the backlog into memory has ended; what does not is in the store.</summary>
    public Task DrainAsync()
    {
        _replayer.Stop();
        return _inMemory.Close();
    }

    /// <summary>From now on nothing waits for company, and what the store does not take ends without it.</summary>
    public void BeginStop()
    {
        _keepsAtStop = !MustGoBehind;
        _isStopping = true;
        _commit.Expedite();
    }

    /// <summary>What waits is looked at again.</summary>
    public void WakeReplay() => _replayer.Wake();

    /// <summary>Saves what is done and lets go of the logs. Nothing is in memory any more.</summary>
    public async Task CloseAsync()
    {
        Spill?.Stop();
        await _inMemory.Close().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        await _letters.EmptyAsync().ConfigureAwait(false);
        GiveUp(_commit.Stop("the producer was disposed"));
        await (_opening ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        List<OpenLog> logs;
        lock (_gate)
            logs = [.. _logs];
        foreach (var log in logs)
            await CloseAsync(log, new ObjectDisposedException(nameof(IKplProducer), "the producer was disposed")).ConfigureAwait(false);
        if (DeadLetters is { } letters)
            await letters.DisposeAsync().ConfigureAwait(false);
    }

    private bool MayTake()
    {
        Open();
        return TakesMore || (MustGoBehind && !IsStopped);
    }

    private long AcceptedAt(long instant) => _clock.ToUtc(instant).ToUnixTimeMilliseconds();

    /// <summary>A record that was to be spilled stands in the room after all, above its limit if need be.</summary>
    private void Unspill(long charge, int records)
    {
        _room.Charge(charge, records);
        Spill!.Written(charge, records);
    }

    private async Task OpenAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        for (var wait = 50; ; wait = Math.Min(wait * 2, 1_000))
        {
            try
            {
                var log = await _store.Store.OpenAsync(_stream, SegmentLogKind.Records, _stop.Token).ConfigureAwait(false);
                var own = Add(log);
                _own = own;
                _commit.Open(own.Book);
                _ = OpenLettersAsync();
                _replayer.Add(own.Book);
                return;
            }
            catch (BacklogStoreException e)
            {
                _commit.NotOpened(e.Message);
                Told(Trouble.Writing, e.Message);
            }
            catch (Exception e) when (e is not OperationCanceledException || !_stop.IsCancellationRequested)
            {
                _commit.NotOpened(e.Message);
                _services.Events.Unexpected("opening the backlog", e);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(wait), _clock.Time, _stop.Token).ConfigureAwait(false);
        }
    }
}
