using System.Buffers.Binary;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Simulation.Clockwork;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>Counts how often each record goes from one silo to another. A frame that is sent again counts once.</summary>
internal sealed class PassCounts(World world)
{
    /// <summary>
    /// More than any history needs: an ordered record that its owners give back goes about fifty times. One that is passed back and forth comes here
    /// within a second.
    /// </summary>
    private const int Most = 100;

    private readonly HashSet<(SiloId From, SiloId To, long First)> _seen = [];
    private readonly Dictionary<long, int> _passes = [];

    /// <summary>Counts a frame that is sent.</summary>
    public void Count(RecordsFrame frame, SiloId to)
    {
        if (!_seen.Add((frame.Origin, to, frame.First)))
            return;
        foreach (var record in PackedRecords.Parse(frame.Records))
        {
            var number = BinaryPrimitives.ReadInt64BigEndian(record.Data.Span);
            if ((_passes[number] = _passes.GetValueOrDefault(number) + 1) == Most)
                world.Violate($"record {number} went from silo to silo {Most} times");
        }
    }
}
