using Orleans.Kpl.Http.Tests.Serving;

namespace Orleans.Kpl.Http.Tests;

public sealed class IngestLedgerTests
{
    [Fact]
    public async Task Read_SumsTheStreamsThatRecordsCameFor()
    {
        await using var server = await HttpServer.StartAsync();
        Assert.Equal(default, server.Ledger.Read());

        await server.PostAsync("/events", """{"partition_key":"k","payload":1}""");
        await server.PostAsync("/events/confirmed", """{"partition_key":"k","payload":1}""");
        await server.PostAsync("/streams/orders2/records", """[{"partition_key":"k","payload":1}]""");
        await server.PostAsync("/streams/nothing-for-it/records", "[1]");

        // The fake producer accepts as many records for a stream as its name has letters.
        Assert.Equal(new StreamLedger("events".Length + "orders2".Length, 2, 4, 6, 8, 10, 12), server.Ledger.Read());
    }
}
