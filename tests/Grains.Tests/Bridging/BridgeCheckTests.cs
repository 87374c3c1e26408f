namespace Orleans.Kpl.Grains.Tests.Bridging;

/// <summary>A bridge that lacks something fails the start, and says what it lacks.</summary>
/// <remarks>Tests <see cref="Grains.Bridging.BridgeCheck"/>.</remarks>
public sealed class BridgeCheckTests
{
    [Fact]
    public async Task Start_OfASiloWithoutTheProviders_NamesEach()
    {
        var error = await Assert.ThrowsAnyAsync<Exception>(() => Tier.StartAsync(silos: 1, also: static silo => silo
            .AddKplBridge("nowhere", "orders", Tier.Stream)
            .AddKplBridge("neither", "clicks", Tier.Stream)
            .AddMemoryStreams("memory").AddMemoryGrainStorage("PubSubStore")
            .AddKplBridge("memory", "orders", Tier.Stream)
            .AddKplBridge("memory", "orders", "another")));
        var errors = Assert.IsType<KplOptionsException>(error.GetBaseException()).Errors;
        Assert.Equal(
            [
                "AddKplBridge(\"nowhere\", \"orders\", \"events\"): the silo has no stream provider 'nowhere'. Add it by its own method, for example AddMemoryStreams(\"nowhere\")",
                "AddKplBridge(\"neither\", \"clicks\", \"events\"): the silo has no stream provider 'neither'. Add it by its own method, for example AddMemoryStreams(\"neither\")",
                "AddKplBridge: namespace 'orders' of stream provider 'memory' has 2 bridges; it may have one",
            ],
            errors);
    }

    [Theory]
    [InlineData("no stream!")]
    [InlineData("")]
    public async Task AddKplBridge_ToWhatIsNoStream_Throws(string stream)
    {
        var error = await Assert.ThrowsAnyAsync<Exception>(() => Tier.StartAsync(silos: 1, also: silo => silo.AddKplBridge("memory", "orders", stream)));
        Assert.Contains($"AddKplBridge: '{stream}' names no stream", error.GetBaseException().Message, StringComparison.Ordinal);
    }
}
