using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Configuration;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;

namespace Orleans.Kpl.Grains.Tests.Bridging;

/// <summary>A stream provider whose queues outlive silos, as those of a service do. Memory streams lose theirs with a silo.</summary>
/// <param name="batchesAtOnce">How many batches of a stream its subscriber gets in one call, at most.</param>
internal sealed class KeptQueues(int batchesAtOnce = 1) : IQueueAdapterFactory, IQueueAdapter
{
    private readonly ConcurrentDictionary<QueueId, KeptQueue> _queues = new();
    private readonly HashRingBasedStreamQueueMapper _mapper = new(new HashRingStreamQueueMapperOptions { TotalQueueCount = 4 }, "kept");

    public string Name => "kept";

    public bool IsRewindable => false;

    public StreamProviderDirection Direction => StreamProviderDirection.ReadWrite;

    /// <summary>How many batches were given, and how many of them have left their queues.</summary>
    public (long Given, long Acknowledged) Counts => _queues.Values.Select(static q => q.Counts)
        .Aggregate((Given: 0L, Acknowledged: 0L), static (sum, q) => (sum.Given + q.Given, sum.Acknowledged + q.Acknowledged));

    /// <summary>Has a silo read them, and bridge their streams.</summary>
    public void Bridge(ISiloBuilder silo) => silo.AddPersistentStreams(Name, (_, _) => this, streams =>
    {
        streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
        streams.ConfigurePullingAgent(o => o.Configure(agent =>
            (agent.MaxEventDeliveryTime, agent.BatchContainerBatchSize) = (TimeSpan.FromDays(1), batchesAtOnce)));
    }).AddKplBridge(Name, BridgedEvents.Namespace, Tier.Stream);

    public void Append(StreamId stream, params List<object> events) => Queue(_mapper.GetQueueForStream(stream)).Append(stream, events, null);

    public Task QueueMessageBatchAsync<T>(StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext)
    {
        Queue(_mapper.GetQueueForStream(streamId)).Append(streamId, [.. events.Cast<object>()], requestContext);
        return Task.CompletedTask;
    }

    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult<IQueueAdapter>(this);

    public IQueueAdapterCache GetQueueAdapterCache() => new SimpleQueueAdapterCache(new SimpleQueueCacheOptions(), Name, NullLoggerFactory.Instance);

    public IStreamQueueMapper GetStreamQueueMapper() => _mapper;

    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) =>
        Task.FromResult<IStreamFailureHandler>(new NoOpStreamDeliveryFailureHandler(false));

    public IQueueAdapterReceiver CreateReceiver(QueueId queueId) => Queue(queueId).NewReceiver();

    private KeptQueue Queue(QueueId id) => _queues.GetOrAdd(id, static _ => new KeptQueue());
}

/// <summary>
/// One queue of <see cref="KeptQueues"/>. Each new receiver begins behind what was acknowledged, as one of Kinesis does behind its checkpoint.
/// </summary>
internal sealed class KeptQueue
{
    private readonly List<OutgoingBatch> _batches = [];
    private long _acknowledged;

    public (long Given, long Acknowledged) Counts
    {
        get
        {
            lock (_batches)
                return (_batches.Count, _acknowledged);
        }
    }

    public void Append(StreamId stream, List<object> events, Dictionary<string, object>? context)
    {
        lock (_batches)
            _batches.Add(new OutgoingBatch { StreamId = stream, Events = events, Token = new EventSequenceTokenV2(_batches.Count + 1), Context = context });
    }

    public IQueueAdapterReceiver NewReceiver()
    {
        lock (_batches)
            return new Receiver(this, _acknowledged);
    }

    private sealed class Receiver(KeptQueue queue, long from) : IQueueAdapterReceiver
    {
        private int _next = (int)from;

        public Task Initialize(TimeSpan timeout) => Task.CompletedTask;

        public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount)
        {
            List<IBatchContainer> taken;
            lock (queue._batches)
                taken = [.. queue._batches.Skip(_next).Take(maxCount)];
            _next += taken.Count;
            return Task.FromResult<IList<IBatchContainer>>(taken);
        }

        public Task MessagesDeliveredAsync(IList<IBatchContainer> messages)
        {
            lock (queue._batches)
            {
                foreach (var message in messages)
                    queue._acknowledged = Math.Max(queue._acknowledged, message.SequenceToken.SequenceNumber);
            }

            return Task.CompletedTask;
        }

        public Task Shutdown(TimeSpan timeout) => Task.CompletedTask;
    }
}

/// <summary>What a producer gave <see cref="KeptQueues"/> at once.</summary>
[GenerateSerializer]
internal sealed class OutgoingBatch : IBatchContainer
{
    [Id(0)]
    public required StreamId StreamId { get; init; }

    [Id(1)]
    public required List<object> Events { get; init; }

    [Id(2)]
    public required EventSequenceTokenV2 Token { get; init; }

    [Id(3)]
    public Dictionary<string, object>? Context { get; init; }

    public StreamSequenceToken SequenceToken => Token;

    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>() =>
        Events.Cast<T>().Select((e, i) => Tuple.Create<T, StreamSequenceToken>(e, Token.CreateSequenceTokenForEvent(i)));

    public bool ImportRequestContext()
    {
        if (Context is null)
            return false;
        RequestContextExtensions.Import(Context);
        return true;
    }
}
