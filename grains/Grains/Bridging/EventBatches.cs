using Orleans.Streams;

namespace Orleans.Kpl.Grains.Bridging;

/// <summary>Puts events back together as the provider took them: events of one batch have one sequence number, and an index in it.</summary>
internal static class EventBatches
{
    public static IEnumerable<List<object>> Of(IList<SequentialItem<object>> items)
    {
        List<object> batch = [];
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0 && !AreOfOneBatch(items[i - 1].Token, items[i].Token))
            {
                yield return batch;
                batch = [];
            }

            batch.Add(items[i].Item);
        }

        if (batch.Count > 0)
            yield return batch;
    }

    /// <summary>Some providers have no tokens. Then nothing tells that two events belong together.</summary>
    private static bool AreOfOneBatch(StreamSequenceToken? one, StreamSequenceToken? next) =>
        one is not null && next is not null && one.SequenceNumber == next.SequenceNumber && one.EventIndex < next.EventIndex;
}
