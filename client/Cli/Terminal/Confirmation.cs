using System.Text;

namespace Orleans.Kpl.Cli.Terminal;

/// <summary>Asks the user before something is done.</summary>
internal sealed class Confirmation(CliHost host)
{
    /// <summary>Whether somebody is there to answer: the keyboard and the screen are a terminal's.</summary>
    public bool CanBeAsked => host.InputIsTerminal && host.ErrorIsTerminal;

    /// <summary>Tells what is done without asking.</summary>
    public void Tell(string what) => new StatusLine(host).WriteLine($"kpl: {what}");

    /// <summary>Asks, and returns whether the answer is yes.</summary>
    /// <exception cref="OperationCanceledException">It was interrupted. The read of the terminal, which no token ends, goes on.</exception>
    public bool Ask(string question)
    {
        host.Error.Write(question);
        host.Error.Flush();
        return Task.Run(IsYes).WaitAsync(host.Stop).GetAwaiter().GetResult();
    }

    private bool IsYes()
    {
        var answer = new StringBuilder();
        // A line at most is taken, a byte at a time: what follows it is for others.
        for (var next = host.Input.ReadByte(); next is not (-1 or '\n'); next = host.Input.ReadByte())
            answer.Append((char)next);
        return answer.ToString().Trim() is "y" or "Y" or "yes" or "Yes" or "YES";
    }
}
