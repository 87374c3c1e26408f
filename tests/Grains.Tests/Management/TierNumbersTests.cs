namespace Orleans.Kpl.Grains.Tests.Management;

/// <summary>How far the silos of a tier gave numbers, asked through Orleans.</summary>
/// <remarks>Tests <see cref="Grains.Management.StreamManagerGrain"/> and <see cref="Grains.Links.SiloLinks"/>.</remarks>
public sealed class TierNumbersTests
{
    [Fact]
    public async Task TwoSilos_TellTheirLastNumbers_AndSoDoesOneThatHasLeft()
    {
        await using var tier = await Tier.StartAsync(silos: 2, shards: 4, o => o.ProducerNumbers = true);
        var put = await tier.Producer.PutRecords(
            new RecordBatch(Enumerable.Range(0, 100).Select(static i => UserRecord.FromText($"key-{i}", $"data-{i}"))));
        Assert.All(put, static r => Assert.True(r.IsSuccess, r.ToString()));
        var running = await tier.Manager.GetLastNumbers();
        Assert.NotEmpty(running.Lines);
        Assert.Equal(100, running.Lines.Sum(static l => ProducerNumber.TryParse(l.ProducerNumber, out var last) ? last.Number + 1 : 0));

        await tier.Cluster.StopSiloAsync(tier.Cluster.Silos[1]);
        var later = await tier.Manager.GetLastNumbers();

        Assert.Equal(running.Lines.Select(static l => l.ProducerNumber).Order(), later.Lines.Select(static l => l.ProducerNumber).Order());
        Assert.Empty(later.NotCovered);
    }
}
