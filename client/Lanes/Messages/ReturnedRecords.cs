using Orleans.Kpl.Pipeline.Horizons.Waiting;

namespace Orleans.Kpl.Lanes.Messages;

/// <summary>The records that came back with one message of outcomes, because their shards were full.</summary>
internal sealed class ReturnedRecords
{
    private Dictionary<(OutgoingMessage Message, string Shard), List<int>>? _places;

    /// <summary>The messages in which they go again: for each message that they were in, one for each shard.</summary>
    public IEnumerable<OutgoingMessage> Messages =>
        _places?.Select(static p => p.Key.Message.Of(p.Value, ShardRefusal.ShardIn(p.Key.Shard))) ?? [];

    /// <summary>Adds a record if that is what became of it.</summary>
    public bool TryAdd(OutgoingMessage message, int index, in RecordResult result)
    {
        if (result.ErrorCode != ClientOutcomes.GivenBack)
            return false;
        // Its records are read later, outside of the session's lock.
        message.KeepsBytes = true;
        _places ??= [];
        var key = (message, result.ErrorMessage ?? "");
        if (!_places.TryGetValue(key, out var places))
            _places.Add(key, places = []);
        places.Add(index);
        return true;
    }
}
