using System.Net;
using System.Runtime.InteropServices;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Contracts.Tests.Messages;

/// <summary>A silo reads the batches of its clients into arrays that it had before.</summary>
public sealed class PooledBytesTests
{
    /// <summary>A busy client has 64 on each lane.</summary>
    private const int UnderWay = ClientBatch.LanesPerSilo * 64;

    /// <summary>Of two processors, .NET's shared pool keeps fewer: under load half of all messages were read into new arrays.</summary>
    [Fact]
    public void AsManyBatchesAsAClientHasUnderWay_FindTheirArraysAgain()
    {
        var first = Receive(UnderWay);
        foreach (var batch in first)
            batch.ReturnRecords();

        var second = Receive(UnderWay);

        var arrays = first.Select(ArrayOf).ToHashSet();
        Assert.Equal(UnderWay, arrays.Count);
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
