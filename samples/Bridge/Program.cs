using System.Globalization;
using Orleans.Streams;
using Samples.Shop;

// A silo whose Orleans streams go to Kinesis: each event of namespace "orders" becomes a record of the Kinesis stream "orders", in the order of its key.
WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.UseOrleans(silo => silo
    .UseLocalhostClustering(Port("Silo", 11_111), Port("Gateway", 30_000))
    .AddKpl(builder.Configuration.GetSection("Kpl"))
    // Memory streams lose what waits when their silo ends. A program that must not takes a provider with durable queues, and changes nothing else.
    .AddMemoryStreams("shop", streams =>
    {
        // The bridge subscribes by itself, so that nothing needs to be stored. With subscribers of your own, add a PubSubStore instead.
        streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
        // How long the provider delivers an event again that is not in Kinesis yet.
        streams.ConfigurePullingAgent(agent => agent.Configure(options => options.MaxEventDeliveryTime = TimeSpan.FromDays(1)));
    })
    .AddKplBridge("shop", "orders", "orders"));
await using WebApplication app = builder.Build();
await app.StartAsync();

IGrainFactory grains = app.Services.GetRequiredService<IGrainFactory>();
foreach (string item in (string[])["tea", "milk", "sugar"])
{
    await grains.GetGrain<ITill>("customer-1").Place(new OrderPlaced(item, 1));
    await grains.GetGrain<ITill>("customer-2").Place(new OrderPlaced(item, 2));
}

Console.WriteLine("placed 6 orders");
await app.WaitForShutdownAsync();

int Port(string name, int otherwise) => int.Parse(builder.Configuration["Ports:" + name] ?? $"{otherwise}", CultureInfo.InvariantCulture);
