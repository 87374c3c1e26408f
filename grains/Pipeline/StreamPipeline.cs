using System.Diagnostics.Metrics;
using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Backlog;
using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Outcomes;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Producing;
using Orleans.Kpl.Pipeline.Retrying;
using Orleans.Kpl.Pipeline.Routing;
using Orleans.Kpl.Pipeline.Sending;

namespace Orleans.Kpl.Pipeline;

/// <summary>
/// The whole way of a record, for one stream: accept → route → aggregate → limit → collect → send → judge → outcome. Each step
/// is a class of its own in the folder of that name; this one only shows their order.
/// </summary>
internal sealed partial class StreamPipeline : IProducerStream, IRecordTaker, IEngineHost, ICallJudge
{
    private readonly PipelineServices _services;
    private readonly StreamSettings _settings;
    private readonly RoomPair _room;
    private readonly RecordLimit _limit;
    private readonly RecordIntake _intake;
    private readonly BehindBacklog? _behind;
    private readonly OrderedIntake? _ordered;
    private readonly FlushBarrier _barrier = new();
    private readonly StreamAccounts _accounts = new();
    private readonly EngineGates _gates = new();
    private readonly ShardTopology _topology;
    private readonly MapFollower _follower;
    private readonly MapKeeper _map;
    private readonly StreamSender _sender;
    private readonly CallJudge _judge;
    private readonly BoundaryAnnouncer _announcer;
    private readonly RecordEnder _ender;
    private readonly OpenShards _shards;
    private readonly IShardOwners? _owners;
    private readonly bool _keepsLanes;
    private volatile bool _stopped;
    private volatile bool _lastCallFailed;
    private long _relievedAt = -TimeSpan.TicksPerSecond;
    private string _missing = "";

    public StreamPipeline(string stream, StreamOptions options, PipelineServices services)
    {
        Stream = stream;
        _services = services;
        _settings = new StreamSettings(options, services.Load)
        {
            Numbers = options.Ordered != OrderedMode.Off && options.AggregationEnabled ? new ProducerNumbers(services.NewRandom()) : null,
        };
        var (clock, timers, gateway, events) = (services.Clock, services.Timers, services.Gateway, services.Events);
        var target = StreamTarget.Of(stream, options);
        _room = new RoomPair(new Room(options.MaxOutstandingBytes, options.MaxOutstandingRecords), services.Room);
        _limit = new RecordLimit(gateway, target, Learned, events, clock, services.NewRandom());
        _ender = new RecordEnder(stream, _accounts, _room, services.Instruments, services.Notifier, events, clock, hasGuests: services.Owners is not null);
        if (services.Backlog is not null)
            Backlog = _ender.Backlog = new StreamBacklog(stream, _settings, services, _room, _limit, _accounts, _ender, RouteStored);
        _intake = new RecordIntake(_settings, _room, _limit, services, this, Backlog?.Spill);
        _behind = Backlog is not null && _settings.KeepsOrder ? new BehindBacklog(Backlog, clock) : null;
        _ordered = _settings.KeepsOrder ? new OrderedIntake(_intake, _behind, UseOf) : null;
        _topology = new ShardTopology(NewEngine, _settings.KeepsOrder);
        _follower = new MapFollower(stream, _topology, _limit, events, clock, Retire, Gone);
        _map = new MapKeeper(gateway, target, _follower, events, clock, services.NewRandom());
        ICallWriter writer = options.Ordered == OrderedMode.PutRecord ? new PutRecordWriter(gateway, target) : new PutRecordsWriter(gateway, target);
        _sender = new StreamSender(writer, this, _settings, clock, timers);
        _judge = new CallJudge(
            stream, _settings, _topology, _map, _limit, _ender, services.Instruments, events, clock, services.NewRandom(), Reroute);
        _announcer = new BoundaryAnnouncer(_topology, _sender, clock, Reroute);
        _owners = services.Owners?.Invoke(this);
        _keepsLanes = _owners is not null && _settings.KeepsOrder;
        _shards = new OpenShards(_sender, _owners, clock, Reroute);
        Backlog?.Begin();
        _ = _map.ReadAsync();
    }

    public string Stream { get; }

    public StreamLedger Ledger => _accounts.Read();

    /// <summary>Accept: the intake validates and finds room, then the records are counted in and routed.</summary>
    public ValueTask<EnqueuedRecord> EnqueueAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken) =>
        _ordered is null ? _intake.EnqueueAsync(record, options, cancellationToken) : _ordered.EnqueueAsync(record, options, cancellationToken);

    public ValueTask<EnqueuedBatch> EnqueueAsync(ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken) =>
        _ordered is null ? _intake.EnqueueAsync(records, options, cancellationToken) : _ordered.EnqueueAsync(records, options, cancellationToken);

    /// <summary>Route, then aggregate: the engine of the record's shard takes it in.</summary>
    private void Route(in IncomingRecord record)
    {
        while (true)
        {
            if (_stopped)
            {
                FailShutDown(record);
                return;
            }

            // An engine that was retired meanwhile has been replaced in the routes.
            var engine = _topology.Current.Find(record.HashKey);
            if (_keepsLanes && engine.Lane is { } lane)
            {
                if (lane.TryAdd(record))
                    return;
                continue;
            }

            if (engine.TryAppend(record))
                return;
            if (engine.IsElsewhere)
            {
                _owners!.Forward(engine, record);
                return;
            }
        }
    }

    /// <summary>Limit is the engine's; what has its tokens is collected.</summary>
    void IEngineHost.Collect(KinesisRecord record) => _sender.Add(record);

    /// <summary>Send is the sender's; each answer is judged.</summary>
    void ICallJudge.Answered(PutRecordsCall call, PutRecordsReply reply)
    {
        _lastCallFailed = false;
        _judge.Answered(call, reply);
    }

    void ICallJudge.Failed(PutRecordsCall call, KinesisException failure)
    {
        _lastCallFailed = true;
        _judge.Failed(call, failure, _sender.SendHalves);
    }

    void ICallJudge.Expired(KinesisRecord record) => Reroute(record);

    void ICallJudge.Stopped(PutRecordsCall call) => FailAll(call, RecordErrorCodes.Shutdown, ShutDown);

    void ICallJudge.Broken(PutRecordsCall call, Exception defect)
    {
        _services.Events.Unexpected("sending", defect);
        FailAll(call, defect.GetType().Name, defect.Message);
    }

    void ICallJudge.Freed()
    {
        if (_room.HasWaiters)
            _services.Relieve();
    }

    /// <summary>Judge, when members must go elsewhere or have had their time: each on its own.</summary>
    public void Reroute(KinesisRecord record)
    {
        var now = _services.Clock.Now;
        if (record.Engine.TryKeepInPlace(record))
        {
            SeeToMap(now);
            return;
        }

        var max = _settings.Options.MaxAttempts;
        if (record.IsExpired(now))
        {
            _ender.Expire(record, now);
            SeeToMap(now);
            return;
        }

        var failed = new FailedMembers(_ender);
        var reader = AggregateReader.Open(record.Encoded);
        // Those that go on are due at once: they leave together, when the last one has joined.
        var next = _topology.Current.Find(record.Encoded.HashKey);
        next.Pause();
        for (var index = 0; reader.MoveNext(); index++)
        {
            var content = reader.Current;
            var member = record.Members[index];
            var attempts = record.AttemptsOf(index);
            if (member.Sink.ExpiresAt <= now)
            {
                failed.Add(content, member, FailureReason.Expired(attempts, _services.Clock.ToUtc(now), failed.LastReason));
            }
            else if (max > 0 && attempts is not null && attempts.Count >= max)
            {
                var message = $"{attempts.Attempt.ErrorMessage} (after {attempts.Count} attempts, all that MaxAttempts allows)";
                failed.Add(content, member, FailureReason.For(attempts, attempts.Attempt.ErrorCode!, message, failed.LastReason));
            }
            else
            {
                SendAgain(new IncomingRecord
                {
                    PartitionKey = content.PartitionKey.Span,
                    HashKey = content.HashKey,
                    HasExplicitHashKey = content.ExplicitHashKey.HasValue,
                    Data = content.Data.Span,
                    Member = member,
                    History = attempts,
                    IsDueAtOnce = attempts is not null,
                });
            }
        }

        next.Resume();
        failed.End();
        record.Release();
        SeeToMap(now);
    }

    /// <summary>Outcomes of everything accepted before; what comes later does not delay it.</summary>
    public Task FlushAsync()
    {
        var drained = _barrier.Close();
        MakeAllDue();
        _owners?.Expedite();
        return drained;
    }

    /// <summary>Future shards will start at these hash keys: see <see cref="BoundaryAnnouncer"/>.</summary>
    public Task AnnounceBoundaries(IReadOnlyCollection<UInt128> hashKeys) => _announcer.AnnounceAsync(hashKeys);

    /// <summary>No shards will start there.</summary>
    public void WithdrawBoundaries(IReadOnlyCollection<UInt128> hashKeys) => _announcer.Withdraw(hashKeys);

    /// <summary>Ends what is left with code Shutdown. Nothing may be accepted any more.</summary>
    public async Task StopAsync()
    {
        _stopped = true;
        Backlog?.BeginStop();
        _map.Stop();
        _limit.Stop();
        _announcer.Stop();
        _owners?.Stop(RecordErrorCodes.Shutdown, ShutDown);
        foreach (var engine in _topology.Current.All)
            Retire(engine);
        foreach (var record in _sender.Stop())
            _ender.Fail(record, RecordErrorCodes.Shutdown, ShutDown);
        await _barrier.Close().ConfigureAwait(false);
        if (Backlog is not null)
            await Backlog.CloseAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Somebody waits for room: if nothing keeps Kinesis busy, the oldest open aggregates leave, one call's worth, so that a full
    /// buffer never waits for a linger. Not while calls fail: that would make no room, only small aggregates. Then what waits for another
    /// try finds out when Kinesis is back.
    /// </summary>
    public void Relieve()
    {
        var now = _services.Clock.Now;
        if (now - Interlocked.Read(ref _relievedAt) < TimeSpan.TicksPerMillisecond)
            return;
        Interlocked.Exchange(ref _relievedAt, now);
        if (_lastCallFailed && (_sender.HasCalls || _topology.Current.All.Any(static e => e.HasRetries)))
            return;
        if (_sender.IsIdle)
        {
            var open = _topology.Current.All.Select(static e => (Engine: e, State: e.Inspect())).Where(static e => e.State.OpenBytes > 0);
            var bytes = 0L;
            foreach (var (engine, state) in open.OrderBy(static e => e.State.Deadline))
            {
                engine.MakeDue();
                if ((bytes += state.OpenBytes) >= _settings.Collection.MaxBytes)
                    break;
            }
        }

        _sender.Expedite();
    }

    /// <summary>When the oldest record that has not ended was accepted.</summary>
    public long OldestAcceptedAt()
    {
        var oldest = Math.Min(Math.Min(_sender.OldestAcceptedAt(), _judge.OldestAcceptedAt()), _owners?.OldestAcceptedAt ?? long.MaxValue);
        foreach (var engine in _topology.Current.All)
            oldest = Math.Min(oldest, engine.Inspect().OldestAcceptedAt);
        return oldest;
    }

    /// <summary>For each shard of the map, the share of its rate that is left to others.</summary>
    public IEnumerable<Measurement<double>> ForeignShares()
    {
        foreach (var engine in _topology.Current.All)
        {
            if (engine.ForeignShare() is { } share)
                yield return new Measurement<double>(share, KplInstruments.Tags(Stream, engine.Range.ShardId));
        }
    }

    /// <summary>The stream told about itself. What is too large for it now ends; aggregates of several are taken apart.</summary>
    private void Learned(StreamSummary summary)
    {
        var limit = summary.MaxRecordSizeInKiB * 1024L;
        var isLower = limit < _settings.StreamRecordBytes;
        _settings.SetMaxRecordBytes(limit);
        if (_follower.Learned(summary))
            _ = _map.ReadAsync();
        if (!isLower)
            return;
        foreach (var record in _topology.Current.All.SelectMany(e => e.TakeLarger(limit)))
        {
            if (record.Encoded.Count == 1)
                _ender.Fail(record, RecordErrorCodes.RecordTooLarge, $"the stream takes records of at most {limit} bytes now");
            else
                Reroute(record);
        }
    }

    /// <summary>The stream is gone, with everything that was held for its shards or for its map.</summary>
    private void Gone(IReadOnlyList<ShardEngine> engines, string message)
    {
        _missing = message;
        _settings.SetMaxRecordBytes(StreamSettings.DefaultMaxRecordBytes);
        foreach (var record in engines.SelectMany(static e => e.Retire()))
            _ender.Fail(record, RecordErrorCodes.ResourceNotFound, message);
        FailHeld();
    }

    private void FailAll(PutRecordsCall call, string code, string message)
    {
        foreach (var record in call.Records)
            _ender.Fail(record, code, message);
    }

    private void Retire(ShardEngine engine)
    {
        engine.StepDown();
        if (engine.Kind == EngineKind.Predicted)
            _owners?.Closed(engine.Range);
    }

    /// <summary>A map is read again when it is old. While there is none, records are held: a reading is under way, or they end because there is no such stream.</summary>
    private void SeeToMap(long now)
    {
        if (_topology.Current.Map.Count > 0)
        {
            if (_map.IsDue(now))
                _ = _map.ReadAsync();
            return;
        }

        if (_stopped)
            return;
        if (_map.IsMissing(now))
            FailHeld();
        else
            _ = _map.ReadAsync();
    }

    private void FailHeld()
    {
        if (_topology.Current.Fallback is not { Kind: EngineKind.Held } held)
            return;
        foreach (var record in held.TakeAll())
            _ender.Fail(record, RecordErrorCodes.ResourceNotFound, _missing);
    }

    private const string ShutDown = "the producer was disposed before the record was delivered";
}
