using Snippets;

// The snippets of the guides, run one after the other. A guide shows a region of these files word for word; a test compares them.
OptionsSnippets.Run();
await RewardSnippets.RunAsync().ConfigureAwait(false);
CudaSnippets.Run();
GettingStartedSnippets.Run();
LoraSnippets.Run();
await ChatSnippets.RunAsync().ConfigureAwait(false);
Console.WriteLine("All snippets ran.");
