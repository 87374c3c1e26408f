using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Host;
using Orleans.Kpl.Host.Settings;
using Orleans.Kpl.Http.Serving;

const int ExitCut = 1;
const int ExitNotStarted = 2;

var arguments = SiloArguments.Read(args);
if (arguments.Help)
{
    Console.Out.WriteLine(Usage.Text);
    return 0;
}
if (ReadSettings() is not { } settings)
    return ExitNotStarted;

using var signals = new StopSignals();
using var loggers = LogSetup.Create(settings.Configuration);
var logger = loggers.CreateLogger("Orleans.Kpl.Host");
foreach (var warning in settings.Warnings)
    logger.LogWarning("Settings: {Warning}", warning);

RunningSilo silo;
try
{
    silo = await RunningSilo.StartAsync(settings, loggers, signals.StopToken);
}
catch (StartException error)
{
    if (error.InnerException is { } cause)
        logger.LogDebug(cause, "The silo could not start");
    return Refuse(error.Errors);
}

await using (silo)
{
    Console.Out.WriteLine(silo.Ready);
    await signals.Stop;
    logger.LogInformation("Draining");
    var report = await silo.DrainAsync();
    Console.Out.WriteLine(report);
    return report.WasCut ? ExitCut : 0;
}

SiloSettings? ReadSettings()
{
    try
    {
        var files = new ConfigurationBuilder().SetBasePath(Environment.CurrentDirectory).AddJsonFile("appsettings.json", optional: true).AddEnvironmentVariables().Build();
        var settings = SiloSettingsReader.Read(arguments, files, out var errors);
        Refuse(errors);
        return settings;
    }
    catch (InvalidDataException error)
    {
        Refuse([.. arguments.Errors, $"{error.Message} {error.InnerException?.Message}"]);
        return null;
    }
}

static int Refuse(IEnumerable<string> errors)
{
    foreach (var error in errors)
        Console.Error.WriteLine(error);
    return ExitNotStarted;
}
