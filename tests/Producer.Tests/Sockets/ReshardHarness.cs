using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Aws;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Producer.Tests.Faults;
using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Producer.Tests.Sockets;

/// <summary>An embedded producer under load, and its administration, which looks at the stream more often than it would at AWS.</summary>
internal sealed class ReshardHarness : IAsyncDisposable
{
    /// <summary>Shards do not switch together, and the listing lags behind.</summary>
    public static readonly ReshardTiming Apart = new()
    {
        CutOverDelay = TimeSpan.FromMilliseconds(60),
        CutOverSpacing = TimeSpan.FromMilliseconds(30),
        UpdatingTime = TimeSpan.FromMilliseconds(50),
        ListShardsLag = TimeSpan.FromMilliseconds(150),
    };

    /// <summary>A change that does not come before the shard takes a record: without load an operation stays under way.</summary>
    public static readonly ReshardTiming NotBeforeARecord = new() { CutOverDelay = TimeSpan.FromDays(1), CutOverAfterRecords = 1 };

    private readonly KinesisClient _gateway;
    private readonly ProducerPipeline _pipeline;
    private readonly AdminServices _services;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<UserRecord> _records = [];
    private readonly List<RecordResult> _results = [];
    private Task _load = Task.CompletedTask;
    private int _ended;

    private ReshardHarness(LocalKinesis kinesis, OrderedMode ordered)
    {
        Kinesis = kinesis;
        var options = kinesis.Options(o => o.Ordered = ordered);
        _gateway = KinesisClient.Create(options.Kinesis, TimeProvider.System);
        _pipeline = new ProducerPipeline(options, _gateway, new PipelineLog(NullLogger.Instance, TimeProvider.System, false), TimeProvider.System,
            new Random(1));
        _services = new AdminServices
        {
            Kinesis = _gateway,
            Store = new MemoryStateStore(),
            Time = TimeProvider.System,
            Events = new AdminLog(NullLogger.Instance),
            LookEvery = TimeSpan.FromMilliseconds(50),
        };
        Admin = new EmbeddedAdmin(_pipeline, _gateway, options, _services, new RecentFailures(TimeProvider.System, keepsKeys: false), _pipeline.NumbersOf);
    }

    public static async Task<ReshardHarness> StartAsync(
        int shards, ReshardTiming? reshards = null, OrderedMode ordered = OrderedMode.Off, Action<LocalKinesisOptions>? configure = null)
    {
        var kinesis = await LocalKinesis.StartAsync(shards, configure);
        kinesis.Server.Kinesis.Reshards = reshards ?? kinesis.Server.Kinesis.Reshards;
        return new ReshardHarness(kinesis, ordered);
    }

    /// <summary>Another manager of the stream, over the same rows.</summary>
    public StreamAdministrator NewManager() =>
        new(new EmbeddedStream(_pipeline, _gateway, new StreamTarget(LocalKinesis.Stream, null, TimeSpan.FromSeconds(5)),
            new RecentFailures(TimeProvider.System, keepsKeys: false)), _services);

    public EmbeddedAdmin Admin { get; }

    public LocalKinesis Kinesis { get; }

    public KinesisEndpoint Endpoint => Kinesis.Server.Kinesis;

    /// <summary>Starts to put batch after batch; returns when the first has ended.</summary>
    public async Task StartLoadAsync()
    {
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _load = Task.Run(async () =>
        {
            for (var next = 0; !_stop.IsCancellationRequested; next += 500)
            {
                UserRecord[] records = [.. Enumerable.Range(next, 500).Select(i => new UserRecord($"key-{i}", Encoding.UTF8.GetBytes($"data-{i}")))];
                var results = await _pipeline.PutAsync(LocalKinesis.Stream, records);
                _records.AddRange(records);
                _results.AddRange(results);
                Volatile.Write(ref _ended, _results.Count);
                first.TrySetResult();
            }
        });
        await (await Task.WhenAny(first.Task, _load)).WaitAsync(LocalKinesis.Long);
    }

    /// <summary>Puts records; each is delivered.</summary>
    public async Task PutAsync(UserRecord[] records) =>
        Assert.All(await _pipeline.PutAsync(LocalKinesis.Stream, records), static r => Assert.True(r.IsSuccess, r.ToString()));

    /// <summary>Puts a record; whether it was delivered.</summary>
    public async Task<bool> TryPutAsync(UserRecord record) => (await _pipeline.PutAsync(LocalKinesis.Stream, record, PutOptions.WithoutLinger)).IsSuccess;

    /// <summary>How an operation ended.</summary>
    public async Task<StreamOperation> EndOfAsync(StartedOperation started)
    {
        using var limit = new CancellationTokenSource(LocalKinesis.Long);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            var operation = await Admin.GetOperationAsync(LocalKinesis.Stream, started.OperationId, limit.Token);
            if (operation.State != OperationState.Running)
                return operation;
            await timer.WaitForNextTickAsync(limit.Token);
        }
    }

    /// <summary>Ends the load: every record was delivered at its first try, once, and KCL sees all of them where they were told to be.</summary>
    public async Task AssertUnharmedAsync()
    {
        await _stop.CancelAsync();
        await _load.WaitAsync(LocalKinesis.Long);
        var view = ConsumerView.Of(Endpoint, LocalKinesis.Stream);
        var seen = view.ToLookup(static s => s.Key);
        Assert.NotEmpty(_records);
        var again = _results.Where(static r => r.Attempts.Count != 1).Select(static r => $"{r}: {string.Join(", ", r.Attempts)}").ToList();
        Assert.True(again.Count == 0, $"{again.Count} of {_results.Count}: {string.Join('\n', again.Distinct().Take(5))}");
        Assert.DoesNotContain(view, static s => !s.Visible);
        Assert.Equal(_records.Count, view.Count);
        for (var i = 0; i < _records.Count; i++)
        {
            Assert.Equal(RecordStatus.Delivered, _results[i].Status);
            var there = Assert.Single(seen[_records[i].PartitionKey]);
            Assert.Equal((_results[i].ShardId, _results[i].SequenceNumber), (there.ShardId, there.SequenceNumber));
        }
    }

    /// <summary>Besides: in each part of the hash keys that was never divided, records came in the order in which they were put.</summary>
    public void AssertInOrder() => Assert.Equal(_records.Count, FaultRun.CheckOrder(Endpoint, static _ => true));

    /// <summary>Ends the load: every record was delivered, and KCL sees it where it was told to be, in the stream that is or one before it.</summary>
    public async Task AssertDeliveredAsync()
    {
        await _stop.CancelAsync();
        await _load.WaitAsync(LocalKinesis.Long);
        var visible = Endpoint.FormerStreams.Append(Endpoint.Get(LocalKinesis.Stream))
            .SelectMany(stream => Endpoint.GetApplied(LocalKinesis.Stream, null, stream.CreatedAt).SelectMany(r =>
            {
                var shard = stream.Shards.Single(s => s.ShardId == r.ShardId);
                return ConsumerView.Of(r, shard.StartingHashKey, shard.EndingHashKey);
            }))
            .Where(static s => s.Visible).Select(static s => (s.Key, s.ShardId, s.SequenceNumber)).ToHashSet();
        for (var i = 0; i < _records.Count; i++)
        {
            Assert.True(_results[i].IsSuccess, _results[i].ToString());
            Assert.Contains((_records[i].PartitionKey, _results[i].ShardId!, _results[i].SequenceNumber!), visible);
        }
    }

    /// <summary>How many records have ended.</summary>
    public int Ended => Volatile.Read(ref _ended);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _load.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Admin.StopAsync();
        await _pipeline.DisposeAsync();
        _gateway.Dispose();
        _stop.Dispose();
        await Kinesis.DisposeAsync();
    }
}
