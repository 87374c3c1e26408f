using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Http.Serving;
using Orleans.Kpl.Local;
using Orleans.Kpl.Local.Arguments;
using Orleans.Kpl.Local.Settings;

const int ExitCut = 1;
const int ExitBadSettings = 2;

var arguments = ArgumentReader.Read(args);
if (arguments.Help)
{
    Console.Out.WriteLine(Usage.Text);
    return 0;
}
if (ReadSettings() is not { } settings)
    return ExitBadSettings;

using var signals = new StopSignals();
using var loggers = LogSetup.Create(settings.Configuration);
var logger = loggers.CreateLogger("Orleans.Kpl.Local");
foreach (var warning in settings.Warnings)
    logger.LogWarning("Settings: {Warning}", warning);

LocalTier tier;
try
{
    tier = await LocalTier.StartAsync(settings, loggers);
}
catch (StartException error)
{
    return Refuse(error.Errors);
}

await using (tier)
{
    Console.Out.WriteLine(tier.Ready);
    await signals.Stop;
    logger.LogInformation("Draining");
    var report = await tier.DrainAsync();
    Console.Out.WriteLine(report);
    return report.WasCut ? ExitCut : 0;
}

LocalSettings? ReadSettings()
{
    try
    {
        var files = new ConfigurationBuilder().SetBasePath(Environment.CurrentDirectory).AddJsonFile("appsettings.json", optional: true).AddEnvironmentVariables().Build();
        var settings = LocalSettingsReader.Read(arguments, files, out var errors);
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
    return ExitBadSettings;
}
