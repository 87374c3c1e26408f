using Orleans.Kpl.Host;
using Orleans.Kpl.Host.Settings;
using Orleans.Kpl.Http.Serving;
using Orleans.Kpl.Settings;

var arguments = CommandLine.Read(args);
if (arguments.Help)
{
    Console.Out.WriteLine(SiloUsage.Text);
    return 0;
}
return await TierProcess.RunAsync<SiloSettings>(
    "Orleans.Kpl.Host", arguments.Errors,
    (files, out errors) => SiloSettingsReader.Read(arguments, files, out errors),
    async (settings, loggers, stop) => await RunningSilo.StartAsync(settings, loggers, stop));
