using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes.Messages;

/// <summary>The records that came back with one message of outcomes, because their shards were full.</summary>
internal sealed class ReturnedRecords
{
    private Dictionary<OutgoingMessage, List<int>>? _places;

    /// <summary>The messages in which they go again: one for each message that they were in.</summary>
    public IEnumerable<OutgoingMessage> Messages => _places?.Select(static p => p.Key.Of(p.Value)) ?? [];

    /// <summary>Adds a record if that is what became of it.</summary>
    public bool TryAdd(OutgoingMessage message, int index, in RecordResult result)
    {
        if (result.ErrorCode != ClientOutcomes.GivenBack)
            return false;
        _places ??= [];
        if (!_places.TryGetValue(message, out var places))
            _places.Add(message, places = []);
        places.Add(index);
        return true;
    }
}
