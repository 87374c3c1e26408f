using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Aws;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Scaling.Running;
using Orleans.Kpl.Pipeline.Sending;
using Orleans.Kpl.Producer.Logging;
using Orleans.Kpl.Producer.Tests.Faults;

namespace Orleans.Kpl.Producer.Tests.Sockets;

/// <summary>An embedded producer under load, and its administration, which looks at the stream more often than it would at AWS.</summary>
internal sealed class ReshardBench : IAsyncDisposable
{
    private readonly LocalKinesis _kinesis;
    private readonly KinesisGateway _gateway;
    private readonly ProducerPipeline _pipeline;
    private readonly AdminServices _services;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<UserRecord> _records = [];
    private readonly List<RecordResult> _results = [];
    private Task _load = Task.CompletedTask;

    public ReshardBench(LocalKinesis kinesis)
    {
        _kinesis = kinesis;
        var options = kinesis.Options();
        _gateway = KinesisGatewayFactory.Create(options.Kinesis, TimeProvider.System);
        _pipeline = new ProducerPipeline(options, _gateway, new PipelineLog(NullLogger.Instance, TimeProvider.System, false), TimeProvider.System, new Random(1));
        _services = new AdminServices
        {
            Kinesis = _gateway,
            Store = new MemoryStateStore(),
            Time = TimeProvider.System,
            Events = new AdminLog(NullLogger.Instance),
            LookEvery = TimeSpan.FromMilliseconds(50),
        };
        Admin = new EmbeddedAdmin(_pipeline, _gateway, options, _services);
    }

    /// <summary>Another manager of the stream, over the same rows.</summary>
    public StreamAdministrator NewManager() =>
        new(new EmbeddedStream(_pipeline, _gateway, new StreamTarget(LocalKinesis.Stream, null, TimeSpan.FromSeconds(5))), _services);

    public EmbeddedAdmin Admin { get; }

    public KinesisEndpoint Endpoint => _kinesis.Server.Kinesis;

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
                first.TrySetResult();
            }
        });
        await (await Task.WhenAny(first.Task, _load)).WaitAsync(LocalKinesis.Long);
    }

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
        Assert.DoesNotContain(view, static s => !s.Visible);
        Assert.Equal(_records.Count, view.Count);
        for (var i = 0; i < _records.Count; i++)
        {
            Assert.Equal(RecordStatus.Delivered, _results[i].Status);
            Assert.Single(_results[i].Attempts);
            var there = Assert.Single(seen[_records[i].PartitionKey]);
            Assert.Equal((_results[i].ShardId, _results[i].SequenceNumber), (there.ShardId, there.SequenceNumber));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _load.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Admin.DisposeAsync();
        await _pipeline.DisposeAsync();
        _gateway.Dispose();
        _stop.Dispose();
    }
}
