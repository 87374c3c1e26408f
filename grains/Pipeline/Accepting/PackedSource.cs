using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Outcomes;

namespace Orleans.Kpl.Pipeline.Accepting;

/// <summary>Records as they came over the network, in one message.</summary>
internal sealed class PackedSource : IRecordSource
{
    private readonly PackedRecords _records;
    private readonly PackedPlace[] _places;

    public PackedSource(PackedRecords records)
    {
        _records = records;
        _places = new PackedPlace[records.Count];
        records.ReadPlaces(_places);
    }

    public int Count => _places.Length;

    public int PartFrom(int first) => Math.Min(_places.Length - first, PreparedBatch.MaxRecords);

    public bool HoldsLarger(int first, int count, long dataBytes)
    {
        foreach (ref readonly var place in _places.AsSpan(first, count))
        {
            if (place.DataLength > dataBytes)
                return true;
        }

        return false;
    }

    public void ReadInto(PreparedBatch prepared, int first, int count, long maxRecordBytes, IBatchEnds batch) =>
        prepared.Read(_records, _places.AsMemory(first, count), first, maxRecordBytes, batch);

    /// <summary>Makes guests ready: judged where they were accepted, and each with its hash key.</summary>
    public void ReadGuests(PreparedBatch prepared, int first, int count) => prepared.ReadGuests(_records, _places.AsMemory(first, count), first);
}
