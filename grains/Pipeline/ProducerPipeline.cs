using System.Diagnostics.Metrics;
using Orleans.Kpl.Pipeline.Backlog;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Health;
using Orleans.Kpl.Pipeline.Idle;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Names;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline;

/// <summary>All streams of one process that sends to Kinesis itself, behind <see cref="IKplProducer"/>.</summary>
internal class ProducerPipeline : ProducerShell<StreamPipeline>
{
    /// <summary>How often a drain checks whether it must continue.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>How long no record must have been delivered before a drain ends early: longer than the second after which the replay tries again.</summary>
    private static readonly TimeSpan StallTime = TimeSpan.FromSeconds(1.5);

    /// <summary>The wait between two attempts to read the backlog's store.</summary>
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(1);

    private readonly PipelineServices _services;
    private readonly Func<string, BacklogLedger, StreamPipeline> _newStream;
    private readonly bool _isEmbedded;
    private readonly Lock _recovering = new();
    private IKinesisFindings? _findings;
    private bool _isDrained;
    private Action _stopping = static () => { };
    private Func<Task> _release = static () => Task.CompletedTask;

    public ProducerPipeline(KplOptions options, IKinesisGateway gateway, IPipelineEvents events, TimeProvider time, Random random,
        Func<StreamPipeline, IShardOwners>? owners = null, BacklogServices? backlog = null, Action<StreamPipeline>? started = null,
        IMeterFactory? meters = null, StreamNameResolver? names = null)
        : base(options)
    {
        Names = names ?? new StreamNameResolver(options, gateway, time, options.RecordTtl, options.Kinesis.UseArnHost);
        Names.SettingsUnused = events.SettingsUnused;
        Named = new NamedPuts(Names, options, time);
        _services = new PipelineServices(options, events, time)
        {
            Gateway = gateway,
            Instruments = new KplInstruments(
                owners is null ? ProducerRole.Embedded : ProducerRole.Silo, () => Streams.Where(static s => !s.IsNoStream), events.HandlerThrew, meters),
            Random = random,
            Relieve = Relieve,
            Load = LoadSettings.Default with { KeepKeyText = options.LogKeys },
        };
        Forgotten += _services.Numbers.Forget;
        HasBacklog = backlog is not null;
        _isEmbedded = owners is null;
        _newStream = (name, ledger) =>
        {
            var stream = new StreamPipeline(name, options.GetStream(name), _services, owners, backlog, ledger);
            started?.Invoke(stream);
            return stream;
        };
        Recovered = backlog is null ? Task.CompletedTask : RecoverAsync(backlog);
    }

    /// <summary>The metrics of this process.</summary>
    public KplInstruments Instruments => _services.Instruments;

    /// <summary>Keeps the last failures of each stream from now on, for as long as its ledger; called before the first put.</summary>
    public void KeepFailures(RecentFailures recent)
    {
        _services.Notifier.Recent += (stream, result) => recent.Add(stream, result);
        Forgotten += recent.Forget;
    }

    /// <summary>How far numbers of a stream's records were given here.</summary>
    public LastNumbers NumbersOf(string stream)
    {
        var lines = _services.Numbers.Of(stream);
        var isInBacklog = base.GetLedger(stream).InBacklog > 0;
        return new LastNumbers { Lines = [.. lines.Select(l => l with { IsInBacklog = isInBacklog })] };
    }

    /// <summary>The streams of which numbers were given here.</summary>
    public IEnumerable<string> NumberedStreams => _services.Numbers.Streams.Where(s => _services.Numbers.Of(s).Count > 0);

    /// <summary>Tells that the last producer numbers of a stream could not be written.</summary>
    public void TellNumbersNotKept(string stream, string message) => _services.Events.NumbersNotKept(stream, message);

    /// <summary>The last minutes of each stream; null where nobody asked to keep them.</summary>
    public RecentRates? History { get; private set; }

    /// <summary>Keeps the last minutes of each stream from now on, until the producer is disposed; called once.</summary>
    public void KeepHistory()
    {
        History ??= new RecentRates(() => ProcessReports.OfStreams(this), _services.Clock.Time);
        _stopping = History.Dispose;
    }

    public override bool HasBacklog { get; }

    /// <summary>
    /// Completes when every stream that has records in the store has started. Their records are then replayed without any call. Cancelled where the
    /// store was not read to its end: what lies there is not known then.
    /// </summary>
    public Task Recovered { get; }

    /// <summary>Has a drain end with this, once the backlogs are closed: it closes their store. Called before the drain.</summary>
    public void EndWith(Func<Task> release) => _release = release;

    /// <summary>Has health tell what a host's check finds, from now on; called before the first put.</summary>
    public void Hear(IKinesisFindings findings)
    {
        _findings = findings;
        _services.Notifier.Recent += (stream, result) => findings.Failed(stream, result.ErrorCode ?? "");
    }

    /// <summary>How well the calls of all streams go, whether the backlog can be used, and which records failed lately.</summary>
    public override KplHealth Health
    {
        get
        {
            var now = _services.Clock.Now;
            var degraded = new List<(string Stream, Degradation Degradation)>();
            var kept = new List<(string Stream, BacklogStatus Status)>();
            foreach (var stream in Streams)
            {
                if (stream.BacklogStatus is { } status)
                    kept.Add((stream.Stream, status));
                if (stream.Health.Find(now) is { } found)
                    degraded.Add((stream.Stream, found));
            }

            var (records, oldest) = (kept.Sum(static k => k.Status.Records), kept.Select(static k => k.Status.OldestAge).DefaultIfEmpty().Max());
            var health = base.Health with
            {
                Backlog = kept.Count == 0 ? null : new BacklogStatus
                {
                    Records = records, OldestAge = oldest, IsSpilling = kept.Exists(static k => k.Status.IsSpilling),
                },
                Waiting = kept.Count == 0 ? null : ReadLedger().InFlight + records,
                BacklogError = kept.Select(static k => k.Status.StoreError).FirstOrDefault(static e => e is not null),
                SetAside = kept.Sum(static k => k.Status.DeadLetters),
                SetAsideStreams = NamesOf(kept, static s => s.DeadLetters > 0),
                DamagedSegments = kept.Sum(static k => k.Status.DamagedSegments),
                DamagedStreams = NamesOf(kept, static s => s.DamagedSegments > 0),
                // A stream whose shards were read since is there.
                MissingStreams = _findings is null ? [] : _findings.Missing.Where(s => Find(s) is not { HasMap: true }).ToArray(),
            };
            if (oldest > (health.OldestRecordAge ?? TimeSpan.Zero))
                health = health with { OldestRecordAge = oldest, OldestInMemory = health.OldestRecordAge ?? TimeSpan.Zero };
            // A stream that was answered knows better than what was asked at the start.
            var atStart = Streams.Any(static s => s.Health.WasReached) ? null : _findings?.Away;
            if (degraded.Count == 0)
                return atStart is { } only ? health with { DegradedSince = only.Since, DegradedCode = AwayCodes.Shown(only.Code) } : health;
            var first = degraded.MinBy(static d => d.Degradation.Since).Degradation;
            var since = _services.Clock.ToUtc(first.Since);
            return health with
            {
                DegradedSince = atStart?.Since < since ? atStart.Value.Since : since,
                DegradedCode = AwayCodes.Shown(first.StateCode),
                DegradedStreams = [.. degraded.Select(static d => d.Stream).Order(StringComparer.Ordinal)],
            };
        }
    }

    /// <summary>The canonical names of streams. Where records are put, flushed or counted an ARN will do.</summary>
    public StreamNameResolver Names { get; }

    protected override ProducerServices Services => _services;

    protected override NamedPuts Named { get; }

    public override Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default) =>
        base.FlushAsync(stream is null ? null : Names.Find(stream) ?? StreamNameResolver.NameIn(stream), cancellationToken);

    public override StreamLedger GetLedger(string stream) => base.GetLedger(Names.Known(stream));

    /// <summary>
    /// From now on closes each stream that has been unused for so long and holds nothing; called before the first use. Its ledger is kept, and the next
    /// put opens it again.
    /// </summary>
    /// <param name="after">How long a stream is unused before it closes.</param>
    /// <param name="release">In a silo: begins to give back the shards of a stream that are served here. Null embedded.</param>
    /// <param name="closed">Called when a stream has closed, before the next one of its name begins; null for nobody.</param>
    public void CloseIdleStreams(TimeSpan after, Action<StreamPipeline>? release = null, Action<StreamPipeline>? closed = null) => CloseIdle(
        after, stream => Recovered.IsCompleted ? stream.WhenIdle : IdleStep.Stay, stream => CloseAsync(stream, closed), release);

    /// <summary>
    /// Announces that the stream is about to be resharded, and where its new shards will start. Until the map shows these shards, the boundaries are
    /// withdrawn or ten minutes have passed, no Kinesis record holds members of two of them.
    /// </summary>
    /// <returns>Completes when no Kinesis record that straddles a boundary is in flight any more. The stream can then be resharded.</returns>
    public async Task AnnounceBoundaries(string stream, IReadOnlyCollection<UInt128> hashKeys)
    {
        // The announced boundaries keep the stream open from then on.
        using var use = await Uses.UseAsync(stream).ConfigureAwait(false);
        await use.Stream.AnnounceBoundaries(hashKeys).ConfigureAwait(false);
    }

    /// <summary>Withdraws the announcement of a reshard that will not happen.</summary>
    public void WithdrawBoundaries(string stream, IReadOnlyCollection<UInt128> hashKeys) => Find(stream)?.WithdrawBoundaries(hashKeys);

    protected override StreamPipeline NewStream(string name, BacklogLedger ledger) => _newStream(name, ledger);

    /// <summary>
    /// Drains the pipeline. The drain completes early when all remaining records are in the backlog and Kinesis accepts nothing. Records that remain
    /// after the timeout go to the backlog, or fail with code Shutdown.
    /// </summary>
    /// <remarks>
    /// An embedded producer delivers what waits in the store too: the next process with the folder may live as shortly, or never come. What waits in a
    /// silo's store is delivered by the other silos.
    /// </remarks>
    protected override async Task DrainStreamsAsync(TimeSpan limit)
    {
        using var over = new CancellationTokenSource();
        var kept = UntilKeptAsync(over.Token);
        try
        {
            var first = await Task.WhenAny(DrainAllAsync(limit, over.Token), kept).WaitAsync(limit, _services.Clock.Time).ConfigureAwait(false);
            await first.ConfigureAwait(false);
        }
        catch (TimeoutException) when (IsKept)
        {
            // Nothing is cut: the next process delivers the rest of the backlog.
        }
        finally
        {
            // Also where the time is up: it would look for ever.
            await over.CancelAsync().ConfigureAwait(false);
            await kept.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <remarks>
    /// A store may hang, as a disk does that is mounted from elsewhere. What waits for it then goes on by itself, and whoever closes the store is the last:
    /// so no other process has the folder while a write may still be made. A silo that stops has limits of its own.
    /// </remarks>
    protected override async Task StopStreamsAsync()
    {
        lock (_recovering)
            _isDrained = true;
        _stopping();
        StreamPipeline[] streams = [.. Streams];
        var closings = await Task.WhenAll(streams.Select(static s => s.EndAsync())).ConfigureAwait(false);
        var limit = _isEmbedded ? ClosingLimit : Timeout.InfiniteTimeSpan;
        if (!await CloseAllAsync(closings).EndsWithin(limit, _services.Clock.Time).ConfigureAwait(false))
            _services.Events.BacklogNotClosed([.. streams.Where((_, i) => !closings[i].IsCompleted).Select(static s => s.Stream)], limit);
        foreach (var stream in streams)
        {
            if (_isEmbedded && stream.Ledger.InBacklog is > 0 and var left)
                _services.Events.BacklogLeft(stream.Stream, left);
        }
    }

    private async Task CloseAllAsync(Task[] closings)
    {
        try
        {
            await Task.WhenAll(closings).ConfigureAwait(false);
        }
        finally
        {
            await _release().ConfigureAwait(false);
        }
    }

    private static async Task CloseAsync(StreamPipeline stream, Action<StreamPipeline>? closed)
    {
        try
        {
            // Its share of the process' memory goes to the others.
            stream.RejectWaiters("the stream was idle and has closed");
            await stream.StopAsync().ConfigureAwait(false);
        }
        finally
        {
            closed?.Invoke(stream);
        }
    }

    /// <remarks>Without any it is the one empty array: values of health are compared.</remarks>
    private static string[] NamesOf(List<(string Stream, BacklogStatus Status)> kept, Predicate<BacklogStatus> isMeant) =>
        kept.Where(k => isMeant(k.Status)).Select(static k => k.Stream).ToArray();

    /// <summary>Whether no record would be lost if the process stopped now.</summary>
    private bool IsKept => HasBacklog && Streams.All(static s => s.IsKept);

    /// <summary>Waits for the records of callers first, then for those that came from the backlog.</summary>
    private async Task DrainAllAsync(TimeSpan limit, CancellationToken over)
    {
        var begun = _services.Clock.Now;
        await FlushLastAsync().ConfigureAwait(false);
        if (_isEmbedded)
        {
            await Task.WhenAny(Recovered).WaitAsync(over).ConfigureAwait(false);
            // A call under way then has time for its answer: else the next process would send it again.
            var callTime = Streams.Select(static s => s.RequestTimeout.Ticks).DefaultIfEmpty().Max();
            var until = begun + limit.Ticks - Math.Min(callTime, limit.Ticks / 4);
            while (_services.Clock.Now < until && Streams.Any(static s => s.Backlog is { State.WaitsInStore: true } || s.Ledger.InBacklog > 0))
            {
                // What was persisted since the flush lingers.
                foreach (var stream in Streams)
                    stream.MakeAllDue();
                await Task.Delay(LookEvery, _services.Clock.Time, over).ConfigureAwait(false);
            }
        }

        await Task.WhenAll(Streams.Select(static s => s.DrainBacklogAsync())).ConfigureAwait(false);
    }

    /// <summary>Completes when all remaining records are in the backlog, and for as long as a call under way may take Kinesis has accepted nothing.</summary>
    private async Task UntilKeptAsync(CancellationToken cancellationToken)
    {
        var (delivered, since) = (-1L, 0L);
        while (true)
        {
            var (now, deliveredNow, isKept) = (_services.Clock.Now, Streams.Sum(static s => s.Ledger.Delivered), IsKept && IsRecovered);
            if (!isKept || deliveredNow != delivered)
                (delivered, since) = (deliveredNow, now);
            if (isKept && now - since >= Math.Max(StallTime.Ticks, CallTime().Ticks))
                return;
            await Task.Delay(LookEvery, _services.Clock.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether what is in the store is known, or the store cannot be used.</summary>
    private bool IsRecovered => !_isEmbedded || Recovered.IsCompleted || Streams.Any(static s => s.Backlog is { State.StoreError: not null });

    private TimeSpan CallTime() => Streams.Where(static s => s.IsSending).Select(static s => s.RequestTimeout).DefaultIfEmpty().Max();

    private async Task RecoverAsync(BacklogServices backlog)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var backoff = new Backoff(FirstWait, LastWait);
        var troubles = new StoreTroubles("", _services.Events);
        while (true)
        {
            try
            {
                var streams = await backlog.Store.ListStreamsAsync(CancellationToken.None).ConfigureAwait(false);
                troubles.Worked(StoreTask.Reading);
                await Task.WhenAll(streams.Select(s => Recover(s)?.Logs.Open() ?? throw new OperationCanceledException())).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (IsClosed && e is ObjectDisposedException or OperationCanceledException)
            {
                throw new OperationCanceledException(e.Message, e);
            }
            catch (BacklogStoreException e)
            {
                troubles.Failed(StoreTask.Reading, e.Message);
            }
            catch (Exception e)
            {
                _services.Events.Unexpected("opening the backlog", e);
                throw new OperationCanceledException(e.Message, e);
            }

            if (IsClosed)
                throw new OperationCanceledException();
            await Task.Delay(backoff.Next(), _services.Clock.Time).ConfigureAwait(false);
        }
    }

    /// <summary>The backlog of a stream that has records in the store; null once no stream may begin any more.</summary>
    private StreamBacklog? Recover(string stream)
    {
        lock (_recovering)
            return _isDrained || (IsClosed && !_isEmbedded) ? null : Uses.Get(stream, mayDrain: true).Backlog;
    }
}
