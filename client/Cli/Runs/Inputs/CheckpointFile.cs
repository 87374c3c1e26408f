using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Run.Following;

namespace Orleans.Kpl.Cli.Runs.Inputs;

/// <summary>The file that keeps how far files were delivered. It is replaced whole, and one run at a time has it.</summary>
internal sealed class CheckpointFile(string path, FileStream held, IReadOnlyList<FilePosition> saved) : IDisposable
{
    /// <summary>The positions that the last run left.</summary>
    public IReadOnlyList<FilePosition> Saved { get; } = saved;

    /// <summary>The names that a checkpoint of this name uses.</summary>
    public static string[] AllOf(string path) => [path, LockOf(path), DraftOf(path)];

    /// <exception cref="CliException">The file cannot be used, or another run has it.</exception>
    public static CheckpointFile Open(string path)
    {
        FileStream? held = null;
        try
        {
            held = new FileStream(LockOf(path), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new CheckpointFile(path, held, File.Exists(path) ? CheckpointText.Read(File.ReadAllBytes(path)) : []);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            held?.Dispose();
            throw CliException.NotThere(held is null
                ? $"input.file.checkpoint: {path} cannot be used, or another run has it: {exception.Message}"
                : $"input.file.checkpoint: {path}: {exception.Message}");
        }
    }

    /// <summary>Writes the positions, so that either the former or the new ones are there, whatever ends the process or the machine.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public void Write(IEnumerable<FilePosition> positions)
    {
        var draft = DraftOf(path);
        using (var file = OwnFile.Open(draft, FileMode.Create, FileShare.None))
        {
            file.Write(CheckpointText.Write(positions));
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, path, overwrite: true);
    }

    public void Dispose() => held.Dispose();

    private static string LockOf(string path) => path + ".lock";

    private static string DraftOf(string path) => path + ".new";
}
