using System.Net;
using System.Runtime.InteropServices;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Contracts.Tests.Messages;

/// <summary>A silo reads the batches of its clients into arrays that it had before.</summary>
public sealed class PooledBytesTests
{
    /// <summary>Two lanes of a client have 64 each under way. .NET's shared pool has fewer, and under load half of all messages had a new array.</summary>
    [Fact]
    public void AsManyBatchesAsTwoLanesHaveUnderWay_FindTheirArraysAgain()
    {
        var first = Receive(2 * 64);
        foreach (var batch in first)
            batch.ReturnRecords();

        var second = Receive(2 * 64);

        var arrays = first.Select(ArrayOf).ToHashSet();
        Assert.Equal(2 * 64, arrays.Count);
        Assert.All(second, batch => Assert.Contains(ArrayOf(batch), arrays));
    }

    private static List<ClientBatch> Receive(int count) =>
    [
        .. Enumerable.Range(0, count).Select(static i => Wire.Send(new ClientBatch
        {
            Session = default,
            FirstRecord = i,
            Records = new byte[60_000],
            Silo = new SiloId(IPAddress.Loopback, 11_111, 1),
        })),
    ];

    private static byte[] ArrayOf(ClientBatch batch) =>
        MemoryMarshal.TryGetArray(batch.Records, out var segment) ? segment.Array! : throw new InvalidOperationException("no array");
}
