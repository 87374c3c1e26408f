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

// A few more threads than processors: while one waits, or was preempted with a lock in its hands, another goes on.
const int ThreadsBesideProcessors = 3;
ThreadPool.GetMinThreads(out var workers, out var completionPorts);
ThreadPool.SetMinThreads(Math.Max(workers, Environment.ProcessorCount + ThreadsBesideProcessors), completionPorts);

return await TierProcess.RunAsync<SiloSettings>(
    "Orleans.Kpl.Host", arguments.Errors,
    (files, out errors) => SiloSettingsReader.Read(arguments, files, out errors),
    async (settings, loggers, stop) => await RunningSilo.StartAsync(settings, loggers, stop));
