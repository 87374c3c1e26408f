using Orleans.Kpl;
using System.Globalization;
using Samples.Game;

// A silo with grains of its own that put records: three players score, and each score is a record.
WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.UseOrleans(silo => silo
    .UseLocalhostClustering(Port("Silo", 11_111), Port("Gateway", 30_000))
    .AddKpl(builder.Configuration.GetSection("Kpl")));
await using WebApplication app = builder.Build();
await app.StartAsync();

IGrainFactory grains = app.Services.GetRequiredService<IGrainFactory>();
string[] places = await Task.WhenAll(Enumerable.Range(1, 3).Select(n => grains.GetGrain<IPlayer>($"player-{n}").Score(10 * n)));
foreach (string place in places)
    Console.WriteLine(place);
await app.StopAsync();

int Port(string name, int otherwise) => int.Parse(builder.Configuration["Ports:" + name] ?? $"{otherwise}", CultureInfo.InvariantCulture);
