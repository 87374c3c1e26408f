using Orleans.Kpl.Http.Serving;
using Orleans.Kpl.Local;
using Orleans.Kpl.Local.Arguments;
using Orleans.Kpl.Local.Settings;

var arguments = LocalArguments.Read(args);
if (arguments.Help)
{
    Console.Out.WriteLine(LocalUsage.Text);
    return 0;
}
return await TierProcess.RunAsync<LocalSettings>(
    "Orleans.Kpl.Local", arguments.Errors,
    (files, out errors) => LocalSettingsReader.Read(arguments, files, out errors),
    async (settings, loggers, stop) => await LocalTier.StartAsync(settings, loggers, stop));
