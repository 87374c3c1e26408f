using Orleans.Kpl;
using Samples.Worker;

// A service that measures something every second. As the host stops, the producer drains after the worker has ended, for DrainTimeout (30 s) at most: let
// a container have that time beyond the program's own. Kubernetes' default of 30 s is less.
HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Services.AddKpl(builder.Configuration.GetSection("Kpl"));
builder.Services.AddHostedService<Measuring>();
await builder.Build().RunAsync();
