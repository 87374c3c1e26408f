using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Orleans.Kpl.Testing.Tests;

/// <summary>A program is tested as it stands, with a fake in its producer's place.</summary>
public sealed class FakeInAHostTests
{
    /// <summary>The host made the real producer beside it: without a region, or while Kinesis was away, the program under test did not start.</summary>
    [Theory]
    [InlineData("an instance before")]
    [InlineData("an instance behind")]
    [InlineData("a type behind")]
    [InlineData("a factory behind")]
    [InlineData("a lambda before")]
    [InlineData("a lambda behind")]
    public async Task Host_WithAFakeInTheProducersPlace_StartsNoOther(string what)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        if (what == "an instance before")
            builder.Services.AddSingleton<IKplProducer>(new FakeKplProducer());
        else if (what == "a lambda before")
            builder.Services.AddSingleton<IKplProducer>(static _ => new FakeKplProducer());
        // No producer starts with that.
        builder.Services.AddKpl(static o => (o.CheckAtStart, o.RateLimit) = (StartCheck.Fail, 0));
        if (what == "an instance behind")
            builder.Services.AddSingleton<IKplProducer>(new FakeKplProducer());
        else if (what == "a type behind")
            builder.Services.AddSingleton<IKplProducer, FakeKplProducer>();
        else if (what == "a factory behind")
            builder.Services.AddSingleton<FakeKplProducer>().AddSingleton<IKplProducer>(static s => s.GetRequiredService<FakeKplProducer>());
        else if (what == "a lambda behind")
            builder.Services.AddSingleton<IKplProducer>(static _ => new FakeKplProducer());
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);

        Assert.IsType<FakeKplProducer>(host.Services.GetRequiredService<IKplProducer>());
        await host.StopAsync(TestContext.Current.CancellationToken);
    }
}
