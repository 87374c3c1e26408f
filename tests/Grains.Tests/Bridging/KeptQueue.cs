using Orleans.Providers.Streams.Common;
using Orleans.Runtime;
using Orleans.Streams;

namespace Orleans.Kpl.Grains.Tests.Bridging;

/// <summary>
/// One queue of <see cref="KeptQueues"/>. Each new receiver begins behind what was acknowledged, as one of Kinesis does behind its checkpoint.
/// </summary>
internal sealed class KeptQueue
{
    private readonly List<KeptBatch> _batches = [];
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
            _batches.Add(new KeptBatch { StreamId = stream, Events = events, Token = new EventSequenceTokenV2(_batches.Count + 1), Context = context });
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
