using Orleans.Kpl;
using Samples.Worker;

// A service that measures something every second. As the host stops, the producer drains after the worker has ended.
HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Services.AddKpl(builder.Configuration.GetSection("Kpl"));
builder.Services.AddHostedService<Measuring>();
await builder.Build().RunAsync();
