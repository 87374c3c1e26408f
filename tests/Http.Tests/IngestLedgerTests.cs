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

    /// <summary>Each name that a client made up stayed for ever.</summary>
    [Fact]
    public void Note_OfMoreAndMoreNames_ForgetsThoseThatTheProducerHasForgotten()
    {
        var known = new HashSet<string>(["events"], StringComparer.Ordinal);
        var producer = System.Reflection.DispatchProxy.Create<IKplProducer, Ledgers>();
        ((Ledgers)producer).Known = known;
        var ledger = new IngestLedger(producer);
        ledger.Note("events");
        for (var i = 0; i < 5_000; i++)
        {
            known.Add($"made-up-{i}");
            ledger.Note($"made-up-{i}");
            known.Remove($"made-up-{i - 10}");
        }

        known.UnionWith(Enumerable.Range(0, 5_000).Select(static i => $"made-up-{i}"));
        Assert.InRange(ledger.Read().Accepted, 11, 1_100);
        known.Clear();
        known.Add("events");
        Assert.Equal(1, ledger.Read().Accepted);
    }

    public class Ledgers : System.Reflection.DispatchProxy
    {
        public HashSet<string> Known { get; set; } = [];

        protected override object? Invoke(System.Reflection.MethodInfo? targetMethod, object?[]? args) =>
            Known.Contains((string)args![0]!) ? new StreamLedger { Accepted = 1 } : default(StreamLedger);
    }
}
