using System.ComponentModel;
using System.Diagnostics;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Bench;

/// <summary>
/// Runs the program that benches a cluster, a program of its own because this one does not reference Orleans. It is looked for in this
/// program's folder, and in the folder where the same build puts it.
/// </summary>
internal static class ClusterProgram
{
    private const string Name = "kpl-cluster-bench";
    private const string Project = "Orleans.Kpl.ClusterBench";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    public static async Task<int> RunAsync(CliHost host, BenchArguments arguments)
    {
        var program = Find(host.ProgramFolder) ?? throw CliException.NotThere(
            $"--via cluster needs {Name}, which is not beside this program: in a clone dotnet build client/ClusterBench makes it, in this program's configuration; no package has it");
        using var process = Start(Settings(host, program, arguments));
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = CopyLinesAsync(process.StandardError, new StatusLine(host));
        // A terminal interrupts both programs, and the other completes its work; if only this one was interrupted, it waits for Patience.
        var ended = process.WaitForExitAsync(CancellationToken.None);
        await Task.WhenAny(ended, Task.Delay(Timeout.Infinite, host.Stop)).ConfigureAwait(false);
        await Task.WhenAny(ended, Task.Delay(Patience, host.Time, CancellationToken.None)).ConfigureAwait(false);
        var isKilled = !ended.IsCompleted;
        if (isKilled)
            process.Kill();
        await ended.ConfigureAwait(false);
        await Task.WhenAll(output, errors).ConfigureAwait(false);
        host.Write(await output.ConfigureAwait(false));
        if (isKilled)
            throw CliException.Failed($"interrupted: {Name} did not end within {Patience.TotalSeconds:0} s, and was ended").As(ExitCode.Interrupted);
        return process.ExitCode;
    }

    private static Process Start(ProcessStartInfo program)
    {
        try
        {
            return Process.Start(program)!;
        }
        catch (Win32Exception exception)
        {
            throw CliException.NotThere($"{program.FileName} could not be started: {new Win32Exception(exception.NativeErrorCode).Message}");
        }
    }

    private static ProcessStartInfo Settings(CliHost host, string program, BenchArguments arguments)
    {
        string[] words =
        [
            "--stream", arguments.Stream, "--records", arguments.Records.ToString(),
            "--size", arguments.Size.ToString(),
            .. arguments.Rate is { } rate ? ["--rate", rate.ToString()] : Array.Empty<string>(),
            "--warm-up", arguments.WarmUp.ToString(), .. arguments.Json ? ["--json"] : Array.Empty<string>(),
        ];
        var settings = new ProcessStartInfo(program, words) { WorkingDirectory = host.Directory, RedirectStandardOutput = true, RedirectStandardError = true };
        settings.Environment.Clear();
        foreach (var (name, value) in host.Environment)
            settings.Environment[name] = value;
        return settings;
    }

    private static string? Find(string folder)
    {
        var file = OperatingSystem.IsWindows() ? Name + ".exe" : Name;
        var own = new DirectoryInfo(folder);
        string[] places = own.Parent?.Parent is { } built ? [own.FullName, Path.Combine(built.FullName, Project, own.Name)] : [own.FullName];
        return places.Select(p => Path.Combine(p, file)).FirstOrDefault(File.Exists);
    }

    private static async Task CopyLinesAsync(StreamReader from, StatusLine to)
    {
        while (await from.ReadLineAsync(CancellationToken.None).ConfigureAwait(false) is { } line)
            to.WriteLine(line);
    }
}
