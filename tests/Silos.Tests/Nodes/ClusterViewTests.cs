using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Silos.Tests.Nodes;

/// <remarks>Tests <see cref="Management.ClusterView"/>.</remarks>
public sealed class ClusterViewTests
{
    [Fact]
    public async Task Report_WhereASiloNeverAnswers_TellsItAsSilentAndTheOthersAsTheyAre()
    {
        await using var world = new NodeWorld(shards: 4);
        var (one, two) = (await world.StartAsync(), await world.StartAsync());
        two.IsSilent = true;

        var reports = await one.Node.View.ReportAsync(NodeWorld.Stream, CancellationToken.None).WaitAsync(Waiting.Long);
        two.IsSilent = false; // or the world waits for it to stop

        Assert.Equal(["active", "silent"], reports.OrderBy(r => r.State).Select(r => r.State));
        Assert.All(reports, static r => Assert.Null(r.LostAt));
        Assert.Equal(one.Node.Silos.Self.ToString(), reports.Single(r => r.State == "active").Process);
    }
}
