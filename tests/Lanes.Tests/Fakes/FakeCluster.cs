using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Lanes.Messages;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Maps;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Naming;

namespace Orleans.Kpl.Lanes.Tests.Fakes;

/// <summary>Silos without Orleans: the calls are made directly, and some of their answers can be lost.</summary>
internal sealed class FakeCluster : ILanes, IDisposable
{
    private readonly ConcurrentQueue<FakeLaneSilo> _silos = [];
    private readonly Random _random = new(20_260_101);
    private CancellationTokenSource _gatewayLost = new();
    private readonly List<Func<Task>> _late = [];
    private int _next;
    private int _openingsBegun;
    private int _batchesBegun;

    /// <param name="siloTime">The silos' own clock; null for that of their clients.</param>
    public FakeCluster(int silos, TimeProvider? siloTime = null)
    {
        SiloTime = siloTime;
        for (var i = 0; i < silos; i++)
            AddSilo();
    }

    /// <summary>The shards of every stream; null where silos do not tell what they serve.</summary>
    public ShardMap? Map { get; private set; }

    /// <summary>The silo that every lane reaches, as the only gateway that is known; null for all.</summary>
    public FakeLaneSilo? OnlyGateway { get; set; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The silos' own clock; null for the one of all.</summary>
    public TimeProvider? SiloTime { get; }

    public IReadOnlyList<FakeLaneSilo> Silos => [.. _silos];

    /// <summary>The share of calls whose answer is lost after the silo has done what they ask for.</summary>
    public double LostAnswers { get; set; }

    /// <summary>The share of batches that get no answer and arrive later: when others have come meanwhile, and have been sent again.</summary>
    public double LateBatches { get; set; }

    /// <summary>No answer to a batch arrives, though the silo has taken it.</summary>
    public bool LosesAcceptances { get; set; }

    /// <summary>What the opening of lanes waits for.</summary>
    public Task Opening { get; set; } = Task.CompletedTask;

    /// <summary>What the answer to each batch waits for, and the batch itself.</summary>
    public Task Accepting { get; set; } = Task.CompletedTask;

    /// <summary>What the answer to a flush waits for, and the flush itself.</summary>
    public Task Flushing { get; set; } = Task.CompletedTask;

    /// <summary>The outcomes that silos tell cannot be read, as those of a later version may be.</summary>
    public bool GarblesOutcomes { get; set; }

    /// <summary>No call reaches anybody.</summary>
    public bool IsCutOff { get; set; }

    /// <summary>How many openings have begun.</summary>
    public int OpeningsBegun => Volatile.Read(ref _openingsBegun);

    /// <summary>How many calls with a batch have begun.</summary>
    public int BatchesBegun => Volatile.Read(ref _batchesBegun);

    public CancellationToken GatewayLost => _gatewayLost.Token;

    /// <summary>A gateway is lost: answers that are awaited may never come.</summary>
    public void LoseGateway() => Interlocked.Exchange(ref _gatewayLost, new()).Cancel();

    public void AddSilo()
    {
        var added = new FakeLaneSilo(this, new SiloId(IPAddress.Loopback, 11_000 + _silos.Count, 1));
        _silos.Enqueue(added);
        foreach (var silo in Silos)
            silo.Hear(added);
    }

    /// <summary>Deals the shards of a stream to the silos, one after the other.</summary>
    public void Spread(int shards)
    {
        var width = (UInt128.MaxValue / (UInt128)shards) + 1;
        Map = ShardMaps.Of(1, [.. Enumerable.Range(0, shards).Select(i => new ShardRange(
            $"shardId-{i:D12}", (UInt128)i * width, i == shards - 1 ? UInt128.MaxValue : ((UInt128)(i + 1) * width) - 1))]);
        for (var i = 0; i < shards; i++)
            Silos[i % Silos.Count].Hosted.Add(new ShardKey(Numbered.Stream, Map[i].ShardId), null!, Task.CompletedTask);
    }

    /// <summary>Moves a shard to a silo.</summary>
    public void Move(int shard, FakeLaneSilo to)
    {
        var key = new ShardKey(Numbered.Stream, Map![shard].ShardId);
        foreach (var silo in Silos)
            silo.Hosted.Remove(key, null!);
        to.Hosted.Add(key, null!, Task.CompletedTask);
    }

    public ClientPipeline NewProducer(Action<KplOptions>? configure = null)
    {
        var options = new KplOptions { DrainTimeout = TimeSpan.FromSeconds(10), RecordTtl = Numbered.Long };
        configure?.Invoke(options);
        return NewProducer(this, options, Time);
    }

    public static ClientPipeline NewProducer(ILanes lanes, KplOptions options, TimeProvider time, ILogger? logger = null) =>
        new(options, lanes, new PipelineLog(NullLogger.Instance, time, logKeys: false), logger ?? NullLogger.Instance, time, Guid.NewGuid);

    public ILaneCalls Fresh(string stream) => new FakeLane(this, stream);

    /// <summary>What is late arrives, all at once.</summary>
    public async Task ArriveAsync()
    {
        List<Func<Task>> late;
        lock (_random)
        {
            late = [.. _late];
            _late.Clear();
        }

        await Task.WhenAll(late.Select(l => l()));
    }

    public void Dispose()
    {
        foreach (var silo in Silos)
            silo.Dispose();
    }

    /// <summary>Returns the gateway of a lane: the one that it had, while that lives.</summary>
    private FakeLaneSilo? GatewayFor(FakeLaneSilo? former)
    {
        if (former is { IsDead: false })
            return former;
        if (OnlyGateway is { IsDead: false })
            return OnlyGateway;
        var live = Silos.Where(s => !s.IsDead).ToList();
        return live.Count == 0 ? null : live[(int)((uint)Interlocked.Increment(ref _next) % live.Count)];
    }

    private bool IsLate(Func<Task> call)
    {
        lock (_random)
        {
            // One that was late before arrives in the midst of the others.
            if (_late.Count > 0 && _random.Next(4) == 0)
            {
                _ = Task.Run(_late[0]);
                _late.RemoveAt(0);
            }

            if (_random.NextDouble() >= LateBatches)
                return false;
            _late.Add(call);
            return true;
        }
    }

    private async Task<T> CallAsync<T>(FakeLaneSilo? gateway, Func<FakeLaneSilo, Task<T>> call)
    {
        if (gateway is null || IsCutOff)
            throw new InvalidOperationException("no gateway");
        var answer = await gateway.AliveAsync(() => call(gateway));
        bool isLost;
        lock (_random)
            isLost = _random.NextDouble() < LostAnswers;
        return isLost ? throw new TimeoutException("the answer was lost") : answer;
    }

    /// <summary>One gateway for as long as that lives, as Orleans' client has it for each grain.</summary>
    private sealed class FakeLane(FakeCluster cluster, string stream) : ILaneCalls
    {
        private FakeLaneSilo? _gateway = cluster.GatewayFor(null);

        public async Task<ClientReply> OpenAsync(ClientRequest request)
        {
            var opening = cluster.Opening;
            Interlocked.Increment(ref cluster._openingsBegun);
            await opening;
            return await CallAsync(s => s.OpenAsync(stream, request));
        }

        public async Task<ClientReply> AcceptAsync(ClientBatch batch)
        {
            var accepting = cluster.Accepting;
            Interlocked.Increment(ref cluster._batchesBegun);
            await accepting;
            var gateway = cluster.GatewayFor(_gateway);
            if (cluster.IsLate(() => gateway!.Sessions.AcceptAsync(stream, batch)))
                throw new TimeoutException("no answer came");
            var reply = await CallAsync(s => s.Sessions.AcceptAsync(stream, batch));
            return cluster.LosesAcceptances && reply.Verdict == ClientVerdict.Accepted ? throw new TimeoutException("the answer was lost") : reply;
        }

        public async Task<ClientOutcomes> TakeOutcomesAsync(ClientRequest request)
        {
            var outcomes = await CallAsync(s => s.Sessions.TakeOutcomesAsync(stream, request));
            return cluster.GarblesOutcomes ? outcomes with { Messages = [.. outcomes.Messages.Select(static m => m[..^1])] } : outcomes;
        }

        public async Task<ClientReply> FlushAsync(ClientRequest request)
        {
            await cluster.Flushing;
            return await CallAsync(s => s.Sessions.FlushAsync(stream, request));
        }

        public Task<ClientReply> CloseAsync(ClientRequest request) => CallAsync(s => s.Sessions.CloseAsync(stream, request));

        private Task<T> CallAsync<T>(Func<FakeLaneSilo, Task<T>> call) => cluster.CallAsync(_gateway = cluster.GatewayFor(_gateway), call);
    }
}

/// <summary>Numbered records for a stream.</summary>
internal static class Numbered
{
    public const string Stream = "events";

    /// <summary>Long enough never to pass unless something is stuck.</summary>
    public static readonly TimeSpan Long = Waiting.Long;

    public static UserRecord Record(int number) => new($"key-{number}", Encoding.UTF8.GetBytes($"data-{number}"));

    public static UserRecord[] Records(int count, int first = 0) => [.. Enumerable.Range(first, count).Select(Record)];

    /// <summary>A message of one record.</summary>
    public static OutgoingMessage Message(long expiresAt = 0)
    {
        var builder = new BatchBuilder();
        builder.TryAdd(Incoming(1, new AcceptedOutcome(default)), null);
        return new OutgoingMessage(builder.Take(), expiresAt);
    }

    /// <summary>A record on its way into a message.</summary>
    public static IncomingRecord Incoming(int number, OutcomeSink sink, int place = 0, byte[]? data = null) => new()
    {
        PartitionKey = Encoding.UTF8.GetBytes($"key-{number}"), Data = data ?? "data"u8, HashKey = default, HasExplicitHashKey = false,
        Member = new MemberRef(sink, place),
    };
}
