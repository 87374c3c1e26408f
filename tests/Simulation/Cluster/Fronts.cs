using System.Buffers.Binary;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>Which silo each record of a client was given to, the last one where there were several.</summary>
internal sealed class Fronts
{
    private readonly Dictionary<long, SiloId> _silos = [];

    /// <summary>Notes a batch that is sent.</summary>
    public void Note(ClientBatch batch)
    {
        foreach (var record in PackedRecords.Parse(batch.Records))
            _silos[BinaryPrimitives.ReadInt64BigEndian(record.Data.Span)] = batch.Silo;
    }

    /// <summary>The silo that a client gave a record to; null where no client did.</summary>
    public SiloId? Of(long number) => _silos.GetValueOrDefault(number);
}
