using System.Text.Json;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Interop.Tests.Processes;

namespace Orleans.Kpl.Cluster.Tests;

/// <summary>The whole of <c>kpl verify</c>, against a tier of two silos of which one leaves in good order.</summary>
[Trait("Category", "Long")]
public sealed class VerifyTierTests(DynamoDbLocal dynamoDb)
{
    private const string Stream = "events";

    /// <summary>
    /// A double is a record that Kinesis stored and answered as failed. The loss is one of the newest of the silo that has left: a higher number of its
    /// line came.
    /// </summary>
    [PosixFact]
    public async Task Verify_OfTwoSilosOfWhichOneLeaves_ProvesAll_UntilALossIsPlanted()
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", [$"{Stream}=4"], "--Kpl:ProducerNumbers=true");
        var silos = await cluster.StartSilosAsync(2);
        await PutAsync(silos[0], 0, 200);
        await PutAsync(silos[1], 200, 200);
        AssertProof(await VerifyAsync(cluster, silos[0]), 400, duplicates: 0);

        await cluster.Kinesis.ArmAsync("""{"kind":"record_error","operation":"PutRecords","applied":true,"count":1}""");
        await PutAsync(silos[0], 400, 50);
        await cluster.Kinesis.DisarmAsync();
        var leaving = (await NumbersAsync(silos[1])).Lines.MaxBy(static l => l.GivenAt)!;
        silos[0].Signal(Signals.Terminate);
        var (code, _, log) = await silos[0].ExitAsync();
        Assert.True(code == 0, string.Join('\n', log));
        await PutAsync(silos[1], 450, 50);
        Assert.Contains(leaving, (await NumbersAsync(silos[1])).Lines);
        AssertProof(await VerifyAsync(cluster, silos[1]), 500, duplicates: 1);

        Assert.True(ProducerNumber.TryParse(leaving.ProducerNumber, out var last));
        using var planted = new PlantedStream(cluster.Kinesis.Url, Stream);
        await planted.PutAsync(new PlantedStream.Planted(last.Number + 3, 1, last.Line, By: last.Producer));
        var lost = await VerifyAsync(cluster, silos[1]);

        Assert.Equal(1, lost.ExitCode);
        var fault = lost.Json.GetProperty("faults").EnumerateArray().First();
        Assert.Equal(("missing", $"{last.Producer:x16}", last.Line, last.Number + 1, last.Number + 2), (
            fault.GetProperty("fault").GetString(), fault.GetProperty("producer").GetString(), fault.GetProperty("line").GetInt32(),
            fault.GetProperty("first").GetInt64(), fault.GetProperty("last").GetInt64()));
        Assert.Equal((2, 501), (Count(lost.Json, "missing"), Count(lost.Json, "records") - Count(lost.Json, "duplicates")));
    }

    private static async Task PutAsync(SiloProcess silo, int first, int count)
    {
        var records = Enumerable.Range(first, count).Select(static i => $$"""{"partition_key":"key-{{i}}","payload":{{i}}}""");
        var (status, text) = await silo.PostAsync($"/streams/{Stream}/records", $"[{string.Join(',', records)}]");
        Assert.True(status == 200, text);
    }

    private static async Task<LastNumbers> NumbersAsync(SiloProcess silo) => AdminJson.Read(
        await silo.Http.GetStringAsync($"/admin/streams/{Stream}/numbers", TestContext.Current.CancellationToken), AdminJson.Default.LastNumbers);

    private static async Task<(int ExitCode, JsonElement Json)> VerifyAsync(SiloCluster cluster, SiloProcess silo)
    {
        var run = await Command.RunAsync(
            Checkout.Program("Orleans.Kpl.Cli", "kpl"),
            ["verify", "--stream", Stream, "--endpoint", $"{cluster.Kinesis.Url}", "--tier", $"{silo.Http.BaseAddress}", "--record-ttl", "1s", "--json"]);
        Assert.True(run.Output.Length > 0, run.Error);
        return (run.ExitCode, JsonDocument.Parse(run.Output).RootElement);
    }

    /// <summary>Both silos are known to the last number that they gave.</summary>
    private static void AssertProof((int ExitCode, JsonElement Json) verified, int records, int duplicates)
    {
        var json = verified.Json;
        Assert.True(verified.ExitCode == 0 && json.GetProperty("proof").GetBoolean(), json.ToString());
        Assert.Equal(
            (records, 0, 2, 0, 0), (Count(json, "records") - Count(json, "duplicates"), Count(json, "missing"), Count(json, "producers"),
                Count(json, "lines_without_end"), json.GetProperty("not_covered").GetArrayLength()));
        Assert.True(Count(json, "duplicates") >= duplicates, json.ToString());
    }

    private static int Count(JsonElement json, string name) => json.GetProperty(name).GetInt32();
}
