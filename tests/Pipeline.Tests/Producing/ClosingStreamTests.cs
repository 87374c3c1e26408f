using Orleans.Kpl.Pipeline.Outcomes;
using Orleans.Kpl.Pipeline.Producing;
using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Tests.Simulation;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Pipeline.Tests.Producing;

/// <summary>Puts that come while their stream closes.</summary>
/// <remarks>Tests <see cref="ClosingLines"/>.</remarks>
public sealed class ClosingStreamTests
{
    private const string Stream = "events";
    private const int Puts = 50;

    /// <summary>They were resumed in any order once the stream had closed, and an ordered stream lost its order.</summary>
    [Fact]
    public async Task PutsThatComeWhileAStreamCloses_GoInInTheOrderTheyCame()
    {
        await using var producer = new SlowProducer();
        await PutAsync(producer, 0);
        await producer.UntilClosingAsync();

        var puts = Enumerable.Range(1, Puts).Select(i => PutAsync(producer, i)).ToList();
        Assert.Equal(["0"], producer.Keys);
        producer.Closed.SetResult();
        await Task.WhenAll(puts).WaitAsync(Waiting.Long);
        await PutAsync(producer, Puts + 1);

        Assert.Equal(Enumerable.Range(0, Puts + 2).Select(i => $"{i}"), producer.Keys);
        Assert.Equal(1, producer.IdleClosings);
    }

    /// <summary>A place in line is left also by who is refused: those behind it go on.</summary>
    [Fact]
    public async Task AProducerThatIsDisposedMeanwhile_RefusesThemAll()
    {
        var producer = new SlowProducer();
        await PutAsync(producer, 0);
        await producer.UntilClosingAsync();
        var puts = Enumerable.Range(1, 3).Select(i => PutAsync(producer, i)).ToList();
        var disposing = producer.DisposeAsync().AsTask();
        producer.Closed.SetResult();

        await disposing.WaitAsync(Waiting.Long);
        foreach (var put in puts)
            await Assert.ThrowsAsync<ObjectDisposedException>(() => put.WaitAsync(Waiting.Long));
        Assert.Equal(["0"], producer.Keys);
    }

    private static Task PutAsync(SlowProducer producer, int number) =>
        producer.EnqueueAsync(Stream, new UserRecord[] { new($"{number}", default) }).AsTask();

    /// <summary>Its streams close when the test says so.</summary>
    private sealed class SlowProducer : ProducerShell<NamedStream>
    {
        public static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

        private readonly PlainServices _services;

        public SlowProducer()
            : base(new KplOptions())
        {
            _services = new PlainServices(new KplOptions(), new RecordingEvents(), Time)
            {
                Instruments = new KplInstruments(ProducerRole.Embedded, () => Streams),
                Relieve = Relieve,
            };
            CloseIdle(Limit, static _ => IdleStep.Close, _ =>
            {
                Closing.TrySetResult();
                return Closed.Task;
            });
        }

        public FakeTimeProvider Time { get; } = new();

        public TaskCompletionSource Closing { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>What was accepted, in that order.</summary>
        public List<string> Keys { get; } = [];

        protected override ProducerServices Services => _services;

        public Task UntilClosingAsync()
        {
            for (var passed = TimeSpan.Zero; passed < 2 * Limit; passed += Limit / 10)
                Time.Advance(Limit / 10);
            return Closing.Task.WaitAsync(Waiting.Long);
        }

        protected override void Check(PutOptions? options)
        {
        }

        protected override ValueTask<EnqueuedRecord> AcceptAsync(
            NamedStream stream, in UserRecord record, PutOptions? options, CancellationToken cancellationToken) => throw new NotSupportedException();

        protected override ValueTask<EnqueuedBatch> AcceptAsync(
            NamedStream stream, ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken)
        {
            lock (Keys)
                Keys.Add(records.Span[0].PartitionKey);
            var batch = new BatchOutcome(records.Length);
            batch.End(0, RecordResult.Delivered("shardId-000000000000", "1", 0, []));
            batch.AllHandedOver();
            return new ValueTask<EnqueuedBatch>(batch);
        }

        protected override NamedStream NewStream(string name, LedgerCounters ledger) => new(name);

        protected override Task StopStreamsAsync() => Task.CompletedTask;
    }

    private sealed class PlainServices(KplOptions options, IPipelineEvents events, TimeProvider time) : ProducerServices(options, events, time);

    private sealed class NamedStream(string name) : IProducerStream
    {
        public string Stream => name;

        public StreamLedger Ledger => default;

        public long OutstandingBytes => 0;

        public TimeSpan OldestRecordAge => TimeSpan.Zero;

        public long OldestAcceptedAt() => long.MaxValue;

        public Task FlushAsync() => Task.CompletedTask;

        public void Relieve()
        {
        }

        public void RejectWaiters(Exception reason)
        {
        }
    }
}
