using Orleans.Kpl.Adapters.Files;
using Orleans.Kpl.Scaling.Heat;
using Orleans.Kpl.Scaling.Running;
using LocalEndpoint = Orleans.Kpl.Producer.Tests.Sockets.LocalKinesis;

namespace Orleans.Kpl.Producer.Tests.Backlog;

/// <summary>The sums of a stream's load outlive an embedded producer that has a folder for its backlog.</summary>
/// <remarks>Tests <see cref="LoadReader"/> over <see cref="FileBacklogStore"/>.</remarks>
public sealed class EmbeddedLoadTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Load_OfAnEarlierProcess_GoesOn_AndIsKeptForTheNextOne()
    {
        await using var endpoint = await LocalEndpoint.StartAsync();
        var hour = new LoadSum { From = new DateTimeOffset(DateTime.UtcNow.Date.AddHours(-5), TimeSpan.Zero), Minutes = 60, UserRecords = 7 };
        var kept = new KeptLoad(KeptLoad.Current, hour.From.AddHours(1), new KeptHeat([], []), [hour]);
        await using (var before = FileBacklogStore.Open(_folder.Path, BacklogSync.Always))
            await before.WriteAsync(KeptLoad.Kind, LocalEndpoint.Stream, 0, kept.ToText(), Cancelled);

        await using (var producer = endpoint.Producer(o => o.Backlog.Directory = _folder.Path))
        {
            await producer.PutAsync(LocalEndpoint.Stream, LocalEndpoint.Records(10));
            Assert.Equal(hour, (await producer.Admin.GetLoadAsync(LocalEndpoint.Stream, Cancelled)).Hours[0]);
        }

        await using var after = FileBacklogStore.Open(_folder.Path, BacklogSync.Always);
        var again = KeptLoad.FromText((await after.ReadAsync(KeptLoad.Kind, LocalEndpoint.Stream, Cancelled))!.Text);
        Assert.Equal((true, hour), (again.Until > kept.Until, again.Hours[0]));
    }
}
